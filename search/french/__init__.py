"""French as people write it: text becomes tokens, queries are understood, completed and corrected."""
