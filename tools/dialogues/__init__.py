"""Recommending from recorded dialogues: what people named and asked for, and what others then gave them."""
