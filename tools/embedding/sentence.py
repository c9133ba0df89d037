"""The reference embedder: any sentence-transformers model, by package, folder or hub name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.embedding.onnx import weights_path


class SentenceEmbedder:
    """Reimers and Gurevych, "Sentence-BERT", EMNLP 2019. The hub is offline unless HF_HUB_OFFLINE=0 is set."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.key = f"st-{model}"

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 (an untyped library)
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        from sentence_transformers import SentenceTransformer

        name = str(weights_path()) if self.model == "all-MiniLM-L6-v2" else self.model
        return SentenceTransformer(name, device="cpu")

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._model.get_sentence_embedding_dimension())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dim) float32 unit rows."""
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dim)
