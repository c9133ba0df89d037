"""Recommending within recorded dialogues, by the rows and variants of the SIGIR 2026 reproducibility protocol.

A row is a turn that recommends; its labels are the items it names, R@K is the share of them among the first K of all
items. *kept*: all labels. *fresh*: labels that had not been named before, rows without any left out. *fresh, named
out*: what was named before is no candidate either. Macro is the mean over rows, micro the share of all labels;
intervals are over dialogues.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from core.values import Value
from evaluation.metrics import Figure, ratio
from tools.candidates import Candidates
from tools.dialogues.fusion import BROAD, DEPTH, Aim, Fusion
from tools.dialogues.moments import Corpus, Moment
from tools.retrieval.fusion import fuse
from tools.retrieval.top import best

if TYPE_CHECKING:
    from rich.table import Table

KS = (1, 10, 50)
LONGEST = max(KS)
Variant = Literal["kept", "fresh", "fresh, named out"]
VARIANTS: tuple[Variant, ...] = ("kept", "fresh", "fresh, named out")
Lists = dict[str, list[list[int]]]
"""By system, the best items of each moment, best first."""
LEARNT, UNLEARNT = "fusion", "reciprocal rank fusion"
Floats = NDArray[np.float64]


class Earned(Value):
    """What one system earns in one variant, a line a row."""

    dialogues: tuple[str, ...]
    hits: dict[int, tuple[int, ...]]
    """By K."""
    labels: tuple[int, ...]


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


def baselines(train: Corpus, items: int, test: Sequence[Moment], seed: int = 0) -> Lists:
    """popularity: what was given most often; copy: what was named, the last first; random."""
    counts = Counter(row for m in train.moments for row in m.given)
    popular = sorted(range(items), key=lambda row: (-counts[row], row))[: 4 * LONGEST]
    chance = np.random.default_rng(seed)
    return {
        "popularity": [popular for _ in test],
        "copy": [list(m.known) for m in test],
        "random": [chance.choice(items, min(items, 4 * LONGEST), replace=False).tolist() for _ in test],
    }


def routes_alone(fusion: Fusion, test: Sequence[Moment], advance: Callable[[int], None] = lambda _: None) -> Lists:
    """Each route by itself, and all of them without learning (reciprocal rank fusion); nothing named before."""
    lists: Lists = {}
    everything = np.ones(len(fusion.outside.items), dtype=np.bool_)
    for moment, scores in fusion.routes(test):
        free = everything.copy()
        free[list(moment.known)] = False
        found: dict[str, Candidates] = {}
        for name, held in scores.items():
            lists.setdefault(name, []).append(best(held, free, 4 * LONGEST, name).rows.tolist())
            if name not in BROAD:
                found[name] = best(held, free, DEPTH, name, above=0.0)
        found["popular"] = best(fusion.learnt.popular, free, DEPTH, "popular", above=0.0)
        lists.setdefault(UNLEARNT, []).append(fuse(found).top(4 * LONGEST).rows.tolist())
        advance(1)
    return lists


def learnt(fusion: Fusion, test: Sequence[Moment]) -> dict[Aim, list[list[int]]]:
    """The learnt fusion by aim."""
    aims: tuple[Aim, ...] = ("any", "fresh")
    return {aim: list(fusion.rank(test, aim, 4 * LONGEST)) for aim in aims if aim in fusion.trees}


def earned(moments: Sequence[Moment], lists: Sequence[Sequence[int]], variant: Variant) -> Earned:
    """Hits of a system's lists in one variant."""
    dialogues, labels = [], []
    hits: dict[int, list[int]] = {k: [] for k in KS}
    for moment, ranked in zip(moments, lists, strict=True):
        wanted = set(moment.given if variant == "kept" else moment.fresh)
        if not wanted:
            continue
        known = set(moment.known) if variant == "fresh, named out" else set()
        shown = [row for row in ranked if row not in known][:LONGEST]
        dialogues.append(moment.dialogue)
        labels.append(len(wanted))
        for k in KS:
            hits[k].append(len(wanted & set(shown[:k])))
    return Earned(dialogues=tuple(dialogues), hits={k: tuple(h) for k, h in hits.items()}, labels=tuple(labels))


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


def lost(fusion: Fusion, moments: Sequence[Moment], lists: Sequence[Sequence[int]]) -> dict[str, float]:
    """Where fresh labels end, as shares: found in the first 10, 50, ranked out, or brought by no route."""
    ends: Counter[str] = Counter()
    brought = fusion.brought(moments)
    for moment, ranked, pool in zip(moments, lists, brought, strict=True):
        place = {row: n for n, row in enumerate(ranked)}
        for row in moment.fresh:
            at = place.get(row, len(ranked))
            if row not in pool:
                ends["brought by no route"] += 1
            elif at >= LONGEST:
                ends["brought, ranked below 50"] += 1
            else:
                ends["in the first 10" if at < 10 else "in the first 50"] += 1
    total = max(1, sum(ends.values()))
    names = ("in the first 10", "in the first 50", "brought, ranked below 50", "brought by no route")
    return {name: ends[name] / total for name in names}


def recall_of_routes(fusion: Fusion, moments: Sequence[Moment]) -> dict[str, float]:
    """By route, the share of fresh labels among the candidates it brings."""
    held: Counter[str] = Counter()
    total = 0
    for moment, scores in fusion.routes(moments):
        total += len(moment.fresh)
        for name, line in scores.items():
            top = np.argpartition(-line, min(DEPTH, len(line) - 1))[:DEPTH]
            held[name] += len(set(moment.fresh) & set(top[line[top] > 0].tolist()))
    return {name: held[name] / max(1, total) for name, _ in held.most_common()}


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
