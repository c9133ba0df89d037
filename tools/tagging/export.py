"""The tagger's graph: the encoder's weights with the trained updates added in, exported once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np

from tools.embedding.onnx import weights_path

WEIGHTS = Path(__file__).parent / "weights.npz"


@lru_cache(maxsize=1)
def key() -> str:
    """Changes with the trained weights, so that a graph made from older ones is never served."""
    return f"tagger-{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]}"


def graph_path(folder: Path) -> Path:
    """Where the graph of the weights that ship stands, or will."""
    return folder / key() / "model.onnx"


def ensure_graph(folder: Path) -> Path:
    """The exported graph, made when it is not there yet. Interrupted exports leave nothing behind."""
    target = graph_path(folder)
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
    for old in folder.glob("tagger-*"):
        if old.name != key():
            shutil.rmtree(old, ignore_errors=True)
    return target


def export(file: Path) -> None:
    """Write the graph with PyTorch's TorchScript exporter (about ten seconds, PyTorch imported here only)."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import warnings

    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    with np.load(WEIGHTS) as held:
        trained = {name: torch.from_numpy(held[name].astype(np.float32)) for name in held.files}

    class Heads(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(str(weights_path()), attn_implementation="eager")
            for name in [n.removesuffix(".down") for n in trained if n.endswith(".down")]:
                layer = self.model.get_submodule(name)
                layer.weight.data += trained[f"{name}.up"] @ trained[f"{name}.down"]
            self.marks = _linear(trained["marks.weight"], trained["marks.bias"])
            self.doing = _linear(trained["doing.weight"], trained["doing.bias"])

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * weight).sum(1) / weight.sum(1)
            return self.marks(hidden), self.doing(torch.cat([hidden[:, 0], mean], dim=1))

    def _linear(weight: torch.Tensor, bias: torch.Tensor) -> torch.nn.Linear:
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data, layer.bias.data = weight, bias
        return layer

    sample = torch.ones((1, 8), dtype=torch.int64)
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Heads().eval(),
            (sample, sample),
            str(file),
            input_names=["input_ids", "attention_mask"],
            output_names=["marks", "doing"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "marks": axes, "doing": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
