"""Recommending within recorded dialogues, by the rows and variants of the SIGIR 2026 reproducibility protocol.

A row is a turn that recommends; its labels are the items it names, R@K is the share of them among the first K of all
items. *kept*: all labels. *fresh*: labels that had not been named before, rows without any left out. *fresh, named
out*: what was named before is no candidate either. Macro is the mean over rows, micro the share of all labels;
intervals are over dialogues.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from core.values import Value
from evaluation.metrics import Figure, ratio
from tools.dialogues.moments import Corpus, Moment

if TYPE_CHECKING:
    from rich.table import Table

KS = (1, 10, 50)
LONGEST = max(KS)
Variant = Literal["kept", "fresh", "fresh, named out"]
VARIANTS: tuple[Variant, ...] = ("kept", "fresh", "fresh, named out")
LEARNT, UNLEARNT = "fusion", "reciprocal rank fusion"


class Row(NamedTuple):
    """What a system's list earns at one moment."""

    dialogue: str
    hits: tuple[int, ...]
    """By K, in the order of KS."""
    labels: int


class Earned(Value):
    """What one system earns in one variant, a line a row."""

    dialogues: tuple[str, ...]
    hits: dict[int, tuple[int, ...]]
    """By K."""
    labels: tuple[int, ...]

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Earned:
        """Rows side by side."""
        hits = {k: tuple(row.hits[n] for row in rows) for n, k in enumerate(KS)}
        return cls(dialogues=tuple(r.dialogue for r in rows), hits=hits, labels=tuple(r.labels for r in rows))


def split(corpus: Corpus, held_out: int) -> tuple[Corpus, Corpus]:
    """(fitting, validation): the last `held_out` dialogues in the order of a hash of their ids."""
    order = by_hash(corpus)
    return corpus.only(order[:-held_out]), corpus.only(order[-held_out:])


def share(corpus: Corpus, part: float) -> Corpus:
    """The first part of the dialogues in the order of a hash of their ids, for a learning curve."""
    order = by_hash(corpus)
    return corpus.only(order[: max(1, round(part * len(order)))])


def by_hash(corpus: Corpus) -> list[str]:
    """The dialogues in the order of a hash of their ids."""
    return sorted(corpus.dialogues, key=lambda name: hashlib.sha256(name.encode()).hexdigest())


def earning(moment: Moment, ranked: Sequence[int], variant: Variant) -> Row | None:
    """What a list earns at a moment; None where the variant leaves no label."""
    wanted = set(moment.given if variant == "kept" else moment.fresh)
    if not wanted:
        return None
    known = set(moment.known) if variant == "fresh, named out" else set()
    shown = [row for row in ranked if row not in known][:LONGEST]
    return Row(moment.dialogue, tuple(len(wanted & set(shown[:k])) for k in KS), len(wanted))


def earned(moments: Iterable[Moment], lists: Iterable[Sequence[int]], variant: Variant) -> Earned:
    """Hits of a system's lists in one variant."""
    rows = (earning(moment, ranked, variant) for moment, ranked in zip(moments, lists, strict=True))
    return Earned.of([row for row in rows if row is not None])


def figures(told: Earned, seed: int = 0) -> dict[str, Figure]:
    """Macro and micro R@K with intervals over dialogues."""
    labels = np.asarray(told.labels, dtype=np.float64)
    made = {}
    for k in KS:
        hits = np.asarray(told.hits[k], dtype=np.float64)
        made[f"R@{k}"] = ratio(hits / labels, np.ones(len(labels)), told.dialogues, seed)
        made[f"micro R@{k}"] = ratio(hits, labels, told.dialogues, seed)
    return made


def ahead(first: Earned, second: Earned, seed: int = 0) -> dict[str, Figure]:
    """Paired differences of macro R@K, first - second, with intervals over dialogues."""
    labels = np.asarray(first.labels, dtype=np.float64)
    ones = np.ones(len(labels))
    return {
        f"R@{k}": ratio((np.asarray(first.hits[k]) - np.asarray(second.hits[k])) / labels, ones, first.dialogues, seed)
        for k in KS
    }


def table(told: Mapping[str, Mapping[str, Figure]], title: str) -> Table:
    """One row a system: macro R@K with intervals, micro beside it."""
    from rich.table import Table

    drawn = Table(title=title, title_justify="left")
    drawn.add_column("", no_wrap=True)
    for k in KS:
        drawn.add_column(f"R@{k}", justify="right")
    drawn.add_column("micro " + " / ".join(map(str, KS)), justify="right")
    for system, held in told.items():
        micro = " / ".join(f"{held[f'micro R@{k}'].value:.3f}" for k in KS)
        drawn.add_row(system, *(spread(held[f"R@{k}"]) for k in KS), micro)
    return drawn


def spread(figure: Figure) -> str:
    """A figure and its interval."""
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"
