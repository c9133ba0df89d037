"""The tagger's graph: the encoder's weights with the trained updates added in, in eight bits, exported once."""

from __future__ import annotations

import hashlib
import shutil
from functools import lru_cache
from pathlib import Path

import numpy as np

from tools.embedding.onnx import weights_path
from tools.graphs import BATCH, TOKENS, in_eight_bits, load_encoder, make_whole, write_graph

WEIGHTS = Path(__file__).parent / "weights.npz"


@lru_cache(maxsize=1)
def key() -> str:
    """Changes with the trained weights, so that a graph made from older ones is never served."""
    return f"tagger-int8-{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]}"


def graph_path(folder: Path) -> Path:
    """Where the graph of the weights that ship stands, or will."""
    return folder / key() / "model.onnx"


def ensure_graph(folder: Path) -> Path:
    """The exported graph, made when it is not there yet; graphs of older weights are then removed."""
    target = graph_path(folder)
    if not target.exists():
        make_whole(target, export)
        for old in folder.glob("tagger-*"):
            if old.name != key():
                shutil.rmtree(old, ignore_errors=True)
    return target


def export(file: Path) -> None:
    """Write the graph (about ten seconds, PyTorch imported here only)."""
    import torch

    with np.load(WEIGHTS) as held:
        trained = {name: torch.from_numpy(held[name].astype(np.float32)) for name in held.files}

    class Heads(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = load_encoder(weights_path())
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

    ids = torch.ones((1, 8), dtype=torch.int64)
    sample = {"input_ids": ids, "attention_mask": ids}
    axes = {**dict.fromkeys(sample, TOKENS), "marks": TOKENS, "doing": BATCH}
    whole = file.with_name("whole.onnx")
    write_graph(Heads, whole, sample, ["marks", "doing"], axes)
    in_eight_bits(whole, file)
    whole.unlink()
