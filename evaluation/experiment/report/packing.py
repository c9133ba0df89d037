"""The dialogues of a run, made small enough to stand in one page: each text once, zipped, in base64."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from core.values import Value
from evaluation.experiment.analysis.glossary import in_order, measure
from evaluation.experiment.episodes import Episode, Exchange, ShownItem
from evaluation.experiment.reading import Run
from evaluation.experiment.report.troubles import LONG, Troubles, troubles
from evaluation.experiment.report.words import ENDINGS
from simulation.protocol import EndReason

LARGEST = 13_000_000
"""Characters of base64 that a page may hold."""


class Packed(Value):
    """Dialogues as they stand in the page."""

    body: str
    """Base64 of zipped JSON; its shape is read in browser.js."""
    kept: int
    """Dialogues in it."""
    of: int
    """Dialogues of the run."""


def pack(run: Run, largest: int = LARGEST) -> Packed:
    """The run's dialogues, the worst first; where they are too large, those of fewer people, all systems kept.

    Half of the people that stay are those with the worst dialogues, the others are every n-th of the rest.
    """
    judged = [(troubles(e), e) for e in run.episodes]
    judged.sort(key=lambda j: (j[0].order, j[1].system, j[1].user, j[1].member, j[1].trial))
    people = list(dict.fromkeys(e.member for _, e in judged))
    kept = judged
    while True:
        body = _squeezed(_Table(run).whole(kept))
        if len(body) <= largest or len(people) <= 1:
            return Packed(body=body, kept=len(kept), of=len(judged))
        people = _fewer(people, largest / len(body))
        stay = frozenset(people)
        kept = [(w, e) for w, e in judged if e.member in stay]


def _fewer(people: Sequence[str], share: float) -> list[str]:
    """At most 95 % of `share` of the people, given with the worst first; their order stays."""
    room = max(1, int(len(people) * share * 0.95))
    worst, rest = people[: (room + 1) // 2], people[(room + 1) // 2 :]
    places = room - len(worst)
    return [*worst, *(rest[n * len(rest) // places] for n in range(places))]


def _squeezed(value: Mapping[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0, compresslevel=6)).decode("ascii")


class _Table:
    """Numbers for texts and items, each kept once."""

    def __init__(self, run: Run) -> None:
        self.systems, self.users = list(run.systems), list(run.users)
        self.texts: dict[str, int] = {}
        self.items: dict[tuple[str, str], int] = {}
        self.names = in_order([n for e in run.episodes for n in e.measures])

    def whole(self, judged: Sequence[tuple[Troubles, Episode]]) -> dict[str, Any]:
        """Everything the page's script needs; texts are gathered last, when all have their numbers."""
        rows = [self._episode(e, w) for w, e in judged]
        items = [[self._text(i), self._text(t)] for i, t in self.items]
        about = [measure(n) for n in self.names]
        return {
            "systems": self.systems,
            "users": self.users,
            "endings": [[r.value, ENDINGS[r], r.by_choice] for r in EndReason],
            "measures": [[m.name, m.label, m.form] for m in about],
            "troubles": list(Troubles.model_fields),
            "long": LONG,
            "texts": list(self.texts),
            "items": items,
            "episodes": rows,
        }

    def _text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def _all(self, texts: Iterable[str]) -> list[int]:
        return [self._text(t) for t in texts]

    def _item(self, item: ShownItem) -> int:
        return self.items.setdefault((item.id, item.title), len(self.items))

    def _episode(self, e: Episode, wrong: Troubles) -> list[Any]:
        shown = {i.id: i for x in e.exchanges for i in x.slate}
        taken = shown.get(e.accepted or "") or (e.target if e.target and e.target.id == e.accepted else None)
        return [
            self.systems.index(e.system),
            self.users.index(e.user),
            self._text(e.member),
            e.trial,
            self._text(e.persona),
            [[self._text(k), self._text(v)] for k, v in e.segments.items()],
            self._all(e.wants),
            -1 if e.target is None else self._item(e.target),
            list(EndReason).index(e.ending),
            -1 if taken is None else self._item(taken),
            self._text(e.last_word),
            self._text(e.fault),
            [e.measures.get(n) for n in self.names],
            list(wrong.model_dump().values()),
            [self._exchange(x) for x in e.exchanges],
        ]

    def _exchange(self, x: Exchange) -> list[Any]:
        return [
            self._text(x.said),
            self._all(x.acts),
            self._text(x.reply),
            self._all((x.asked.kind, x.asked.field or "", x.asked.text)) if x.asked else 0,
            [[self._item(i), i.relevant, int(i.fits), self._text(i.reason)] for i in x.slate],
            self._all(x.knows),
            [[self._text(s.stage), s.into, s.out, self._text(s.note), int(s.fallback)] for s in x.trace],
            [x.calls, x.tokens_in, x.tokens_out, x.cost],
        ]
