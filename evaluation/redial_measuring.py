"""One pass over the moments of a test part: routes are scored once, and every system and account reads from that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.values import Value
from evaluation.redial import LEARNT, LONGEST, UNLEARNT, VARIANTS, Earned, Row, Variant, earning
from tools.candidates import Candidates
from tools.dialogues.fusion import Aim, Fusion, Read
from tools.dialogues.moments import Corpus, Moment
from tools.dialogues.table import BROAD, DEPTH
from tools.retrieval.fusion import fuse
from tools.retrieval.top import best

LISTED = 4 * LONGEST
"""Items of a list, so that enough stay when those named before are taken out."""
AIMS: tuple[Aim, ...] = ("any", "fresh")
ENDS = ("in the first 10", "in the first 50", "brought, ranked below 50", "brought by no route")


class Measured(Value):
    """What systems earn on a test part, and where its labels go."""

    earned: dict[str, dict[str, Earned]]
    """By system, then by variant."""
    lost: dict[str, float] = {}
    """Shares of the fresh labels by where they end."""
    recall: dict[str, float] = {}
    """By route, the share of the fresh labels among the candidates that it brings."""


@dataclass
class Tally:
    """What systems earn, told one moment after another."""

    rows: dict[str, dict[Variant, list[Row]]] = field(default_factory=dict)

    def add(self, system: str, moment: Moment, lists: Mapping[Variant, Sequence[int]]) -> None:
        """The lists of a system at a moment, one a variant."""
        held = self.rows.setdefault(system, {variant: [] for variant in VARIANTS})
        for variant, ranked in lists.items():
            if (row := earning(moment, ranked, variant)) is not None:
                held[variant].append(row)

    @property
    def earned(self) -> dict[str, dict[str, Earned]]:
        """By system, then by variant."""
        return {
            system: {variant: Earned.of(rows) for variant, rows in held.items()} for system, held in self.rows.items()
        }


@dataclass
class Losses:
    """Where fresh labels end and which routes bring them, told one moment after another."""

    ends: Counter[str] = field(default_factory=Counter)
    brought: Counter[str] = field(default_factory=Counter)

    def add(self, read: Read) -> None:
        """A moment as the fusion read it."""
        place = {row: n for n, row in enumerate(read.ranked["fresh"])}
        pool = set(read.pool.tolist())
        for row in read.moment.fresh:
            at = place.get(row, LONGEST)
            if row not in pool:
                self.ends["brought by no route"] += 1
            elif at >= LONGEST:
                self.ends["brought, ranked below 50"] += 1
            else:
                self.ends["in the first 10" if at < 10 else "in the first 50"] += 1
        for name, rows in read.brought.items():
            self.brought[name] += len(set(read.moment.fresh) & set(rows.tolist()))

    @property
    def lost(self) -> dict[str, float]:
        """Shares of the labels by where they end."""
        return {name: self.ends[name] / max(1, self.ends.total()) for name in ENDS}

    @property
    def recall(self) -> dict[str, float]:
        """Shares of the labels by the routes that bring them."""
        return {name: count / max(1, self.ends.total()) for name, count in self.brought.most_common()}


def measure(fusion: Fusion, train: Corpus, test: Sequence[Moment], seed: int) -> Measured:
    """Every system on a test part: what knows nothing, each route, all of them without learning, and the fusion."""
    tally, losses = Tally(), Losses()
    everything = np.ones(len(fusion.outside.items), dtype=np.bool_)
    plain = baselines(train, len(everything), test, seed)
    for read, lists in zip(fusion.read(test, AIMS, LISTED), plain, strict=True):
        free = everything.copy()
        free[list(read.moment.known)] = False
        for system, ranked in (lists | alone(read, free) | {UNLEARNT: unlearnt(fusion, read, free)}).items():
            tally.add(system, read.moment, dict.fromkeys(VARIANTS, ranked))
        tally.add(LEARNT, read.moment, by_variant(read))
        losses.add(read)
    return Measured(earned=tally.earned, lost=losses.lost, recall=losses.recall)


def measure_learnt(name: str, fusion: Fusion, test: Sequence[Moment]) -> Measured:
    """The fusion alone, under a name."""
    tally = Tally()
    for read in fusion.read(test, AIMS, LISTED):
        tally.add(name, read.moment, by_variant(read))
    return Measured(earned=tally.earned)


def by_variant(read: Read) -> dict[Variant, list[int]]:
    """What may be repeated is ranked by what was fitted for that."""
    return {variant: read.ranked["any" if variant == "kept" else "fresh"] for variant in VARIANTS}


def baselines(train: Corpus, items: int, test: Iterable[Moment], seed: int = 0) -> Iterator[dict[str, list[int]]]:
    """popularity: what was given most often; copy: what was named, the last first; random."""
    counts = Counter(row for m in train.moments for row in m.given)
    popular = sorted(range(items), key=lambda row: (-counts[row], row))[:LISTED]
    chance = np.random.default_rng(seed)
    for moment in test:
        drawn: list[int] = chance.choice(items, min(items, LISTED), replace=False).tolist()
        yield {"popularity": popular, "copy": list(moment.known), "random": drawn}


def alone(read: Read, free: np.ndarray) -> dict[str, list[int]]:
    """The list of each route by itself, of items that are free."""
    return {name: best(held, free, LISTED, name).rows.tolist() for name, held in read.scores.items()}


def unlearnt(fusion: Fusion, read: Read, free: np.ndarray) -> list[int]:
    """All routes without learning: reciprocal rank fusion, of items that are free."""
    found: dict[str, Candidates] = {
        name: best(held, free, DEPTH, name, above=0.0) for name, held in read.scores.items() if name not in BROAD
    }
    found["popular"] = best(fusion.learnt.popular, free, DEPTH, "popular", above=0.0)
    rows: list[int] = fuse(found).top(LISTED).rows.tolist()
    return rows
