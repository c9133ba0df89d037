"""One next-item evaluation, from its data to its figures."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from evaluation.next_item import Standing, standings
from evaluation.next_item_data import Split, read, split
from evaluation.next_item_fitting import BLENDED, CHANCE, MOST_EASE, RANKERS, Fitting, Kept
from evaluation.next_item_lists import Backdrop, Listed, listed
from tools.catalog.store import list_catalogs, open_catalog
from tools.ranking.ease import Ease, RecencyEase
from tools.ranking.fusion import Fusion
from tools.ranking.sequential import DEFAULTS, Settings


@dataclass(frozen=True, eq=False)
class Source:
    """One part: a file of histories, or the ratings of a catalogue with the vectors of its texts."""

    path: Path
    texts: NDArray[np.float32] | None = None
    """(rows, dim); an item of the histories is called by its row."""

    @classmethod
    def named(cls, part: str, home: Path) -> Source:
        """The file of this path, or the catalogue of this name; raises BadInput for neither."""
        if Path(part).exists():
            return cls(Path(part))
        if part in list_catalogs(home):
            catalog = open_catalog(home, part)
            return cls(catalog.interactions_path, catalog.vectors)
        raise BadInput(f"{part} is neither a file nor an imported catalogue.", "Run `tastemaker catalog list`.")


@dataclass(frozen=True, eq=False)
class Run:
    """What is measured, and how."""

    train: Source
    test: Source | None = None
    rankers: Sequence[str] = RANKERS
    without: frozenset[str] = frozenset()
    """Rankers left out, from the blend too."""
    count: int | None = None
    """People at most, drawn at random."""
    seed: int = 0
    settings: Settings = DEFAULTS
    work: Path | None = None
    """Where fitted rankers and results are kept; None: nothing is."""


@dataclass(frozen=True)
class Outcome:
    """The figures, the best ranker first."""

    told: Mapping[str, Standing]
    lists: Mapping[str, Listed]
    unlike: str
    """How the distance of two items is measured."""
    about: Mapping[str, str]
    people: int
    items: int
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why a ranker was not measured."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """What a ranker that was measured does not know."""


def run(asked: Run) -> Outcome:
    """Fit and measure; raises BadInput for data or rankers that it cannot measure."""
    _check(asked)
    parts = [read(part.path) for part in (asked.train, asked.test) if part is not None]
    data = split(parts[0], parts[1] if asked.test is not None else None, asked.seed, asked.count)
    with nullcontext(asked.work) if asked.work else tempfile.TemporaryDirectory() as work:
        kept = Kept.under(Path(work), data, asked.settings)
        fitting = Fitting(data, kept, asked.seed, asked.settings, asked.without)
        found = {name: fitting.reached(name) for name in _measured(asked)}
    told = standings({name: reached.places for name, reached in found.items()}, asked.seed)
    texts, limits = asked.train.texts, _limits(len(data.items))
    backdrop = Backdrop.of(data.fitting, None if texts is None else texts[[int(name) for name in data.items]])
    return Outcome(
        told,
        {name: listed(found[name].lists, backdrop, asked.seed) for name in told},
        backdrop.unlike,
        _about(asked, data, backdrop) | limits,
        len(data.cases),
        len(data.items),
        {name: "as asked" for name in RANKERS if name in asked.without},
        limits,
    )


def _measured(asked: Run) -> list[str]:
    """Chance and popularity always stand beside what was asked for."""
    wanted = [r for r in RANKERS if r in asked.rankers or r == "popularity"]
    return [CHANCE, *(r for r in wanted if r not in asked.without)]


def _check(asked: Run) -> None:
    unknown = {*asked.rankers} - {*RANKERS, CHANCE} | asked.without - {*RANKERS}
    if unknown:
        raise BadInput(f"There is no ranker {min(unknown)!r}.", f"Choose from: {', '.join(RANKERS)}.")
    if Fusion.name in _measured(asked) and asked.without.issuperset(BLENDED):
        raise BadInput("Without any ranker there is nothing to blend.", f"Leave out {Fusion.name} as well.")


def _about(asked: Run, data: Split, backdrop: Backdrop) -> dict[str, str]:
    """How it was measured, a line each."""
    test, dropped = asked.test, data.dropped
    return {
        "fitted on": f"{asked.train.path.name}, {len(data.fitting):,} people, {len(data.items):,} items",
        "asked for": test.path.name if test is not None else "the last item of each history of the fitting file",
        "people": f"{len(data.cases):,}" + (f" ({dropped:,} without a new item left out)" if dropped else ""),
        "blend learnt on": f"{len(data.held):,} further items held out of the fitting part",
        "diversity": backdrop.unlike,
        "seed": str(asked.seed),
    }


def _limits(items: int) -> dict[str, str]:
    told = f"knows the {MOST_EASE:,} most frequent of {items:,} items alone"
    return {Ease.name: told, RecencyEase.name: told} if items > MOST_EASE else {}
