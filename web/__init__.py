"""The pages and the JSON API. It calls `search.catalogue`, never an engine or a parser."""
