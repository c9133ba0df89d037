"""Readers: each turns one kind of source into a stream of items and a stream of interactions."""
