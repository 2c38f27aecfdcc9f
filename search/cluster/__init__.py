"""The same searches answered by an OpenSearch cluster."""
