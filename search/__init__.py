"""Search over the ONISEP job sheets. It has no HTTP code; `web` calls `search.catalogue` alone."""
