"""Search over the ONISEP job sheets. Knows nothing of HTTP; `web` speaks to `search.catalogue`."""
