"""Recent answers: a bounded memory of what was worked out last, for what the turns of a conversation ask again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Keeps the `most` newest answers by what was asked; threads may work one out twice, and get the same."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: dict[K, V] = {}
        self._tidying = threading.Lock()

    def get(self, asked: K, make: Callable[[], V]) -> V:
        """The answer kept for `asked`, or the one that `make` gives, kept from now on."""
        found = self._held.get(asked)
        if found is None:
            found = make()
            with self._tidying:
                while len(self._held) >= self.most:
                    del self._held[next(iter(self._held))]
                self._held[asked] = found
        return found
