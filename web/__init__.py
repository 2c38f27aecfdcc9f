"""The pages and the JSON API. Speaks to `search.catalogue`, never to an engine or a parser."""
