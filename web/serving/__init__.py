"""What stands around every request: limits, metrics, logs, headers, static files."""
