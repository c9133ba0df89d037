"""Facts about items."""
