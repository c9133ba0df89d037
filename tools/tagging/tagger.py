"""The tagger: the installed sentence encoder with a small trained update, read token by token.

A message goes through once (about five milliseconds on two cores); every token gets a distribution over what it does in
the message, and the message one over what it does as a whole. Nothing in it knows a domain: it was fitted on utterances
about some thirty of them (`scripts/train_tagger.py`, `docs/decisions/0008-a-tagger-under-the-rules.md`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.embedding.onnx import weights_path
from tools.graphs import open_session
from tools.recent import Recent
from tools.tagging.export import ensure_graph
from tools.tagging.labels import BEFORES, DOINGS, MARKS, Before, Doing, Mark

MAX_TOKENS = 256
KEPT = 256
"""So many messages are remembered as they were read; parts of one are read again, and short ones are said again."""
PLACE: dict[str, int] = {mark: n for n, mark in enumerate(MARKS)}


@dataclass(frozen=True)
class Tagged:
    """A message as the tagger reads it."""

    text: str
    spans: NDArray[np.int64]
    """(tokens, 2) where each word piece stands in the text."""
    marks: NDArray[np.float32]
    """(tokens, marks) probabilities."""
    doing: NDArray[np.float32]
    """(doings,) probabilities."""

    def over(self, start: int, end: int) -> NDArray[np.float32]:
        """(marks,) mean distribution over the characters from `start` to `end`; all on "none" where nothing stands."""
        starts, ends = self._places
        first, past = bisect_right(ends, start), bisect_left(starts, end)
        if first >= past:
            return np.asarray(np.eye(1, len(MARKS))[0], dtype=np.float32)
        total: NDArray[np.float32] = np.add.reduce(self.marks[first:past], axis=0)
        return total / np.float32(past - first)

    @cached_property
    def _places(self) -> tuple[list[int], list[int]]:
        """Where the word pieces begin, and where they end: both ascending."""
        return self.spans[:, 0].tolist(), self.spans[:, 1].tolist()

    def does(self, *doings: Doing) -> float:
        """Probability that the message does one of these."""
        return float(sum(self.doing[DOINGS.index(d)] for d in doings))

    @property
    def likeliest(self) -> tuple[Doing, float]:
        """What the message most likely does, and how likely."""
        place = int(self.doing.argmax())
        return DOINGS[place], float(self.doing[place])

    def runs(self) -> Iterator[tuple[int, int, Mark]]:
        """(start, end, mark) for each unbroken stretch of tokens with the same likeliest mark, "none" left out."""
        best = self.marks.argmax(axis=1)
        start = 0
        for place in range(1, len(best) + 1):
            if place == len(best) or best[place] != best[start]:
                if best[start] != PLACE["none"]:
                    yield int(self.spans[start, 0]), int(self.spans[place - 1, 1]), MARKS[best[start]]
                start = place


class Tagger:
    """Tags messages; the graph is exported once into `folder` and then served without PyTorch."""

    def __init__(self, folder: Path, threads: int | None = None) -> None:
        self.folder = folder
        self.threads = threads

    @cached_property
    def _session(self) -> Any:  # noqa: ANN401 (an untyped library)
        return open_session(ensure_graph(self.folder), self.threads)

    @cached_property
    def _recent(self) -> Recent[tuple[str, Before], Tagged]:
        return Recent(KEPT)

    def tag(self, text: str, before: Before) -> Tagged:
        """The message tagged; of a very long one, its first two hundred words or so."""
        return self._recent.get((text, before), lambda: self._tagged(text, before))

    def _tagged(self, text: str, before: Before) -> Tagged:
        coded = tokenizer().encode(before, text)
        ids = np.asarray([coded.ids], dtype=np.int64)
        marks, doing = self._session.run(None, {"input_ids": ids, "places": np.arange(ids.shape[1])[None]})
        sides, offsets = coded.sequence_ids, coded.offsets
        own = [n for n, (s, o) in enumerate(zip(sides, offsets, strict=True)) if s == 1 and o[1] > o[0]]
        spans = np.asarray([offsets[n] for n in own], dtype=np.int64).reshape(-1, 2)
        return Tagged(text, spans, _softmax(marks[0][own]), _softmax(doing)[0])


def before_of(*, slate: bool, question: str | None) -> Before:
    """What stood before a message: the kind of our open question, or whether items were shown."""
    if question is not None:
        return {"preference": "question", "which_item": "which"}.get(question, question)  # type: ignore[return-value]
    return "slate" if slate else "new"


@lru_cache(maxsize=1)
def tokenizer() -> Any:  # noqa: ANN401 (an untyped library)
    """The encoder's word-piece tokenizer, for a pair of context word and message."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(weights_path() / "tokenizer.json"))
    made.enable_truncation(MAX_TOKENS, strategy="only_second")
    made.no_padding()
    return made


def _softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    powers = np.exp(logits - np.maximum.reduce(logits, axis=-1, keepdims=True))
    return np.asarray(powers / np.add.reduce(powers, axis=-1, keepdims=True), dtype=np.float32)


__all__ = ["BEFORES", "Tagged", "Tagger", "before_of", "tokenizer"]
