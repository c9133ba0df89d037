"""Reranking by a language model: strategies behind one interface, a gate before them and a cache beside them."""
