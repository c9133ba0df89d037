"""Rerankings done before, so that the same cards under the same preferences cost no second call."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

import prompts
from core.errors import BadInput
from core.turn import Usage
from tools.reranking.strategy import Ask, Reranker, settle
from tools.reranking.values import Reranked, Task

SIZE = 256
"""Rerankings kept; one is some kilobytes."""


class RerankCache:
    """The last rerankings by strategy, task, model and prompt, the least recently used going first.

    In memory and for one process; safe to share between threads. Two threads that miss on the same key at once both
    ask. What failed in part is not kept: the next try may mend it.
    """

    def __init__(self, size: int = SIZE) -> None:
        """Raises BadInput for a size below 1."""
        if size < 1:
            raise BadInput(f"A cache of {size} rerankings keeps nothing.", "Give it a size of 1 or more.")
        self.size = size
        self._kept: OrderedDict[str, Reranked] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def settle(self, strategy: Reranker, task: Task, ask: Ask, model: str) -> Reranked:
        """The kept result of the same question to the model of this name, or a new one; see `strategy.settle`."""
        key = key_of(strategy, task, model)
        kept = self._find(key)
        if kept is not None:
            return kept.model_copy(update={"cached": True, "calls": 0, "usage": Usage()})
        done = settle(strategy.rerank(task), ask)
        if done.calls and not done.failed:
            self._keep(key, done)
        return done

    def _find(self, key: str) -> Reranked | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def _keep(self, key: str, done: Reranked) -> None:
        with self._lock:
            self._kept[key] = done
            self._kept.move_to_end(key)
            while len(self._kept) > self.size:
                self._kept.popitem(last=False)


def key_of(strategy: Reranker, task: Task, model: str) -> str:
    """SHA-256 of everything an answer hangs on: the strategy with its settings, the task, the model, the prompt."""
    told = (strategy.name, repr(strategy), repr(task), model, prompts.digest(strategy.template))
    return hashlib.sha256(repr(told).encode("utf-8", "backslashreplace")).hexdigest()
