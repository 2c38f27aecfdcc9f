"""What people read: HTML pages. Never imports `web.api`."""
