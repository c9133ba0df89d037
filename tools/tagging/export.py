"""The tagger's graph: the encoder's weights with the trained updates added in, in eight bits, exported once.

It takes one message at a time, without padding: no mask, and no shape but the number of tokens to be worked out on the
way, which is most of what a graph for batches does beside its matrix products.
"""

from __future__ import annotations

import hashlib
import shutil
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from tools.embedding.onnx import weights_path
from tools.graphs import in_eight_bits, load_encoder, make_whole, write_graph

WEIGHTS = Path(__file__).parent / "weights.npz"


@lru_cache(maxsize=1)
def key() -> str:
    """Changes with the trained weights, so that a graph made from older ones is never served."""
    return f"tagger-int8-single-{hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()[:16]}"


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

        def forward(self, input_ids: torch.Tensor, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            made = self.model.embeddings
            hidden = made.word_embeddings(input_ids) + made.token_type_embeddings(places * 0)
            hidden = made.LayerNorm(hidden + made.position_embeddings(places))
            for layer in self.model.encoder.layer:
                mixed = _attended(layer.attention.self, hidden)
                hidden = layer.attention.output(mixed, hidden)
                hidden = layer.output(layer.intermediate(hidden), hidden)
            mean = hidden.sum(1) / input_ids.shape[1]
            return self.marks(hidden), self.doing(torch.cat([hidden[:, 0], mean], dim=1))

    def _attended(attention: Any, hidden: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 (an untyped library)
        heads, size = attention.num_attention_heads, attention.attention_head_size
        parts = (attention.query, attention.key, attention.value)
        query, key, value = (part(hidden).view(1, -1, heads, size).transpose(1, 2) for part in parts)
        weights = torch.nn.functional.softmax(query @ key.transpose(2, 3) * attention.scaling, dim=-1)
        return (weights @ value).transpose(1, 2).reshape(1, -1, heads * size)

    def _linear(weight: torch.Tensor, bias: torch.Tensor) -> torch.nn.Linear:
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
        layer.weight.data, layer.bias.data = weight, bias
        return layer

    sample = {"input_ids": torch.ones((1, 8), dtype=torch.int64), "places": torch.arange(8)[None]}
    # The axes of the places go by names of their own, so that the runtime adds and normalises embeddings in two steps,
    # as it does in a graph for batches: in one it rounds otherwise, and rounding decides what eight bits hold.
    axes = {"input_ids": {1: "tokens"}, "places": {0: "one", 1: "places"}, "marks": {1: "tokens"}}
    whole = file.with_name("whole.onnx")
    write_graph(Heads, whole, sample, ["marks", "doing"], axes)
    in_eight_bits(whole, file)
    whole.unlink()
