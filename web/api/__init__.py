"""What programs read: JSON, NDJSON, CSV and their description. Never imports `web.pages`."""
