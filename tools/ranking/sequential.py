"""The sequential ranker: self-attention over a history, trained with PyTorch and served with numpy alone.

SASRec (Kang and McAuley, "Self-attentive sequential recommendation", ICDM 2018).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from core.values import Value
from tools.ranking.ranker import Interactions

Floats = NDArray[np.float32]


class Settings(Value):
    """Shape of the network and course of its training."""

    dim: int = 64
    hidden: int = 128
    layers: int = 2
    heads: int = 2
    window: int = 200
    """Items looked back at."""
    dropout: float = 0.2
    rate: float = 1.5e-3
    """The highest learning rate; it rises over the first steps and falls to zero along a cosine."""
    weight_decay: float = 0.01
    epochs: int = 40
    positions: int = 3200
    """Positions in a batch."""
    negatives: int | None = 1024
    """Items drawn for each batch to stand for all in the softmax; None: all."""
    held: int = 1000
    """People whose last item is held out to choose the epoch."""
    threads: int = 1
    """Two are quicker on two idle cores, and many times slower where something else runs."""
    seed: int = 0


DEFAULTS = Settings()


@dataclass(frozen=True, eq=False)
class Sequential:
    """A trained network, as arrays by the names that training gave them."""

    name: ClassVar[str] = "sequential"
    weights: Mapping[str, Floats]
    settings: Settings

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        settings: Settings = DEFAULTS,
        held: Sequence[tuple[Sequence[int], int]] | None = None,
        checkpoint: Path | None = None,
        advance: Callable[[], None] = lambda: None,
    ) -> Sequential:
        """Train; `checkpoint` is written after each epoch and gone on from, `advance` is called after each.

        The epoch is chosen on `held`: histories and next items that `interactions` lack. None: some are held out.
        """
        from tools.ranking.sequential_training import train

        return cls(train(interactions, settings, held, checkpoint, advance), settings)

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> Floats:  # noqa: ARG002
        """(items,) logits of the next item after the last `window` liked ones; the network knows no dislikes."""
        table = self.weights["items.weight"]
        rows = list(liked)[-self.settings.window :]
        if not rows:
            return np.zeros(len(table), dtype=np.float32)
        x = table[rows] + self.weights["places.weight"][: len(rows)]
        for layer in range(self.settings.layers):
            x = self._block(x, f"blocks.{layer}.", last_only=layer == self.settings.layers - 1)
        return np.asarray(table @ self._normed(x[-1:], "norm")[0], dtype=np.float32)

    def _block(self, x: Floats, at: str, *, last_only: bool) -> Floats:
        """(positions, dim) to the same, or to the last position alone."""
        long, heads = len(x), self.settings.heads
        qkv = self._linear(self._normed(x, f"{at}norm1"), f"{at}qkv").reshape(long, 3, heads, -1).transpose(1, 2, 0, 3)
        query, key, value = qkv
        if last_only:
            x, query = x[-1:], query[:, -1:]
        later = np.triu(np.full((long, long), -np.inf, dtype=np.float32), 1)[-len(x) :]
        alike = query @ key.transpose(0, 2, 1) / np.float32(np.sqrt(query.shape[-1])) + later
        mixed = (_softmax(alike) @ value).transpose(1, 0, 2).reshape(len(x), -1)
        x = x + self._linear(mixed, f"{at}out")
        inner = np.maximum(self._linear(self._normed(x, f"{at}norm2"), f"{at}up"), 0.0)
        return np.asarray(x + self._linear(inner, f"{at}down"), dtype=np.float32)

    def _linear(self, x: Floats, at: str) -> Floats:
        return np.asarray(x @ self.weights[f"{at}.weight"].T + self.weights[f"{at}.bias"], dtype=np.float32)

    def _normed(self, x: Floats, at: str) -> Floats:
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5)
        return np.asarray(centred / scale * self.weights[f"{at}.weight"] + self.weights[f"{at}.bias"], dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = dict(self.weights)
        np.savez(folder / "weights.npz", **arrays)
        (folder / "settings.json").write_text(self.settings.model_dump_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Sequential:
        """Open; the arrays are small and are read whole."""
        settings = Settings.model_validate(json.loads((folder / "settings.json").read_text(encoding="utf-8")))
        with np.load(folder / "weights.npz") as held:
            return cls({name: held[name] for name in held.files}, settings)


def _softmax(x: Floats) -> Floats:
    raised = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float32)
