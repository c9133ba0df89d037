"""Routes: ways to retrieve candidates, and their fusion."""
