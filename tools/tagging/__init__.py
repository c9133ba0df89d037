"""Tagging: what each stretch of a message does, and what the message does as a whole."""
