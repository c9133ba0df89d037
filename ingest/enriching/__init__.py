"""Descriptions of items written by a language model, offline: asked in batches, kept as they come, built in, undone."""
