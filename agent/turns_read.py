"""Turns that were read from a store before: as none ever changes, a long conversation is not parsed anew each time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from core.turn import Turn

MOST = 8_000_000
"""Letters of JSON whose turns are kept; as objects they take about eight bytes a letter."""
Of = tuple[str, float]
"""Which conversation: its id, and when it began, since an id that was deleted may come again."""


class TurnsRead:
    """Keeps the first turns of the conversations that were read last, up to a bound; safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.letters = 0
        """Held now."""
        self._held: OrderedDict[Of, tuple[tuple[Turn, ...], int]] = OrderedDict()
        self._tidying = threading.Lock()

    def first(self, of: Of) -> tuple[Turn, ...]:
        """The turns known of a conversation, from its first one on; none where it is not known."""
        with self._tidying:
            if of not in self._held:
                return ()
            self._held.move_to_end(of)
            return self._held[of][0]

    def parsed(self, of: Of, known: tuple[Turn, ...], bodies: Sequence[str]) -> tuple[Turn, ...]:
        """The turns known and those whose JSON follows, all kept from now on where they fit."""
        if not bodies:
            return known
        turns = (*known, *map(Turn.model_validate_json, bodies))
        with self._tidying:
            before, letters = self._held.get(of, ((), 0))
            more = len(turns) - len(before)
            if more > 0 and len(before) >= len(known):  # else another thread was further, or it was let go meanwhile
                self._keep(of, turns, letters, sum(map(len, bodies[-more:])))
        return turns

    def forget(self, conversation_id: str) -> None:
        """Keep nothing of a conversation."""
        with self._tidying:
            for of in [of for of in self._held if of[0] == conversation_id]:
                self.letters -= self._held.pop(of)[1]

    def _keep(self, of: Of, turns: tuple[Turn, ...], letters: int, more: int) -> None:
        self._held[of] = turns, letters + more
        self._held.move_to_end(of)
        self.letters += more
        while self.letters > self.most:
            _, (_, freed) = self._held.popitem(last=False)
            self.letters -= freed
