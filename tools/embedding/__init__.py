"""Embedders: texts to unit vectors."""

from __future__ import annotations

from pathlib import Path

from core.errors import UserMustFix
from core.protocols import Embedder


def build_embedder(spec: str, home: Path, threads: int | None = None) -> Embedder | None:
    """The embedder a setting names; None for "none".

    "minilm": all-MiniLM-L6-v2 through ONNX Runtime (the default); "st:NAME_OR_PATH": any sentence-transformers model;
    "hashing" or "hashing:DIM": no model at all. Raises UserMustFix for anything else.
    """
    kind, _, argument = spec.partition(":")
    if kind == "none":
        return None
    if kind == "minilm":
        from tools.embedding.onnx import OnnxEmbedder

        return OnnxEmbedder(home / "models", threads=threads)
    if kind == "hashing":
        from tools.embedding.hashing import HashingEmbedder

        return HashingEmbedder(int(argument or 256))
    if kind == "st" and argument:
        from tools.embedding.sentence import SentenceEmbedder

        return SentenceEmbedder(argument)
    raise UserMustFix(f"Unknown embedder {spec!r}.", "Use minilm, st:MODEL, hashing, hashing:DIM or none.")
