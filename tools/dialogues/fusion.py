"""Fusion of routes, learnt from dialogues: gradient-boosted trees that rank the candidates the routes bring.

LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010) as in LightGBM, over the routes' scores and what
is known of moment and item. It learns from scores of routes that were fitted on other dialogues than those it learns
from (cross-fitting, as in stacking: Wolpert 1992).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import OperatorMustFix
from tools.candidates import Rows
from tools.dialogues.encoding import Encoded, Encoder
from tools.dialogues.moments import Corpus, Embed, Moment, SpokenItems
from tools.dialogues.routes import Floats, Learnt, Outside
from tools.dialogues.table import BROAD, Table, best_known, brought, commonest, pooled, tabulate, thinned

Aim = Literal["any", "fresh"]
"""Whether items named before may be given again."""
Advance = Callable[[int], None]
BLOCK = 400
"""Moments scored at once; every route holds (BLOCK, items) floats."""
FOLDS = 5


@dataclass(frozen=True)
class Settings:
    """Of the trees; tuned by cross-validation over training dialogues."""

    rounds: int = 220
    rate: float = 0.04
    leaves: int = 15
    least: int = 60
    share: float = 0.6
    """Of the columns that a tree may use."""
    seed: int = 1
    threads: int = 2


@dataclass(frozen=True, eq=False)
class Read:
    """One moment as a fusion reads it."""

    moment: Moment
    scores: Mapping[str, Floats]
    """By route, (items,)."""
    brought: Mapping[str, Rows]
    """By route, its candidates."""
    pool: Rows
    """The candidates that were ranked."""
    ranked: Mapping[Aim, list[int]]
    """By aim, the best items, best first; with the aim "fresh" none that was named before."""


@dataclass(frozen=True, eq=False)
class Fusion:
    """Routes and the trees that weigh them."""

    encoder: Encoder
    outside: Outside
    learnt: Learnt
    trees: Mapping[Aim, Any]
    without: frozenset[str] = field(default_factory=frozenset)
    """Routes left out, for ablations."""

    def rank(self, moments: Sequence[Moment], aim: Aim = "fresh", count: int = 100) -> Iterator[list[int]]:
        """For each moment the best items, best first; with the aim "fresh" none that was named before."""
        return (read.ranked[aim] for read in self.read(moments, (aim,), count))

    def read(self, moments: Sequence[Moment], aims: Sequence[Aim], count: int = 100) -> Iterator[Read]:
        """Each moment with what every route says of it, scored once whatever is asked of it afterwards.

        The scores of BLOCK moments are held at a time; a moment's are views of them.
        """
        for start in range(0, len(moments), BLOCK):
            heard = self.encoder.encode(moments[start : start + BLOCK])
            scores = scored(heard, self.outside, self.learnt, self.without)
            common = commonest(self.learnt, self.outside.items), best_known(self.outside.items)
            found = [brought(scores, place) for place in range(len(heard.moments))]
            pools = [pooled(by, moment, *common) for by, moment in zip(found, heard.moments, strict=True)]
            table = tabulate(heard, scores, dict(enumerate(pools)), self.learnt)
            worth = {aim: self.trees[aim].predict(table.values) for aim in aims}
            end = 0
            for place, (moment, pool) in enumerate(zip(heard.moments, pools, strict=True)):
                begin, end = end, end + len(pool)
                ranked = {aim: _best(pool, held[begin:end], moment, aim, count) for aim, held in worth.items()}
                yield Read(moment, {n: held[place] for n, held in scores.items()}, found[place], pool, ranked)


def _best(pool: Rows, worth: NDArray[np.float64], moment: Moment, aim: Aim, count: int) -> list[int]:
    if aim == "fresh":
        allowed = ~np.isin(pool, moment.known)
        pool, worth = pool[allowed], worth[allowed]
    return [int(row) for row in pool[np.lexsort((pool, -worth))[:count]]]


def scored(heard: Encoded, outside: Outside, learnt: Learnt, without: frozenset[str]) -> dict[str, Floats]:
    """By route but those left out, (moments, items)."""
    scores = outside.scores(heard) | learnt.scores(heard)
    return {name: held for name, held in scores.items() if name not in without}


def fit(
    items: SpokenItems,
    corpus: Corpus,
    embed: Embed,
    settings: Settings = Settings(),
    aims: Sequence[Aim] = ("any", "fresh"),
    without: frozenset[str] = frozenset(),
    advance: Advance = lambda _: None,
) -> Fusion:
    """Fit routes and trees on a corpus; `advance` is told of each of the FOLDS + 1 + len(aims) steps."""
    encoder = Encoder(items, corpus.moments, embed, settings.seed)
    heard = encoder.encode(corpus.moments)
    outside = Outside(items, encoder)
    chance = np.random.default_rng(settings.seed)
    fold_of = dict(zip(corpus.dialogues, chance.integers(0, FOLDS, len(corpus.dialogues)).tolist(), strict=True))
    tables: list[Table] = []
    for fold in range(FOLDS):
        known = corpus.only([d for d, f in fold_of.items() if f != fold])
        learning = [n for n, m in enumerate(heard.moments) if fold_of[m.dialogue] != fold]
        asking = [n for n, m in enumerate(heard.moments) if fold_of[m.dialogue] == fold]
        learnt = Learnt.fit(outside, known, heard.take(learning))
        for start in range(0, len(asking), BLOCK):
            part = heard.take(asking[start : start + BLOCK])
            tables.append(_examples(part, scored(part, outside, learnt, without), learnt, chance))
        advance(1)
    learnt = Learnt.fit(outside, corpus, heard)
    advance(1)
    trees: dict[Aim, Any] = {}
    for aim in aims:
        trees[aim] = _grown(tables, aim, settings)
        advance(1)
    return Fusion(encoder, outside, learnt, trees, without)


def _examples(heard: Encoded, scores: Mapping[str, Floats], learnt: Learnt, chance: np.random.Generator) -> Table:
    """What trees learn from; moments whose answers no route brings are left out."""
    common = commonest(learnt, learnt.outside.items), best_known(learnt.outside.items)
    bringing = {name: held for name, held in scores.items() if name not in BROAD}
    pools = {
        place: thinned(pooled(brought(bringing, place), moment, *common), moment, chance)
        for place, moment in enumerate(heard.moments)
    }
    return tabulate(heard, scores, {place: pool for place, pool in pools.items() if len(pool)}, learnt)


def _grown(tables: Sequence[Table], aim: Aim, settings: Settings) -> Any:  # noqa: ANN401 (an untyped library)
    """The trees for an aim."""
    lightgbm = lightgbm_library()
    tables = [t for t in tables if t.sizes]
    values = np.vstack([t.values for t in tables])
    rows = np.concatenate([t.rows for t in tables])
    right = np.zeros(len(rows), dtype=np.int8)
    keep = np.ones(len(rows), dtype=np.bool_)
    groups, start = [], 0
    for moment, size in ((m, s) for t in tables for m, s in zip(t.moments, t.sizes, strict=True)):
        wanted = moment.given if aim == "any" else moment.fresh
        inside = slice(start, start + size)
        right[inside] = np.isin(rows[inside], wanted)
        start += size
        if right[inside].any():
            groups.append(size)
        else:
            keep[inside] = False
    data = lightgbm.Dataset(values[keep], right[keep], group=groups)
    told = {
        "objective": "lambdarank",
        "learning_rate": settings.rate,
        "num_leaves": settings.leaves,
        "min_data_in_leaf": settings.least,
        "feature_fraction": settings.share,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 5.0,
        "lambdarank_truncation_level": 50,
        "label_gain": [0, 1],
        "seed": settings.seed,
        "num_threads": settings.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    return lightgbm.train(told, data, settings.rounds)


def lightgbm_library() -> Any:  # noqa: ANN401 (an untyped library)
    """LightGBM; raises OperatorMustFix where it cannot be loaded."""
    try:
        import lightgbm
    except (ImportError, OSError) as missing:
        raise OperatorMustFix(
            f"LightGBM, which learns how to weigh the routes, cannot be loaded: {missing}",
            "Run `make install`; on Debian it also needs the package libgomp1.",
        ) from missing
    return lightgbm
