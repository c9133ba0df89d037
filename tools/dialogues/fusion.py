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
from tools.dialogues.encoding import Encoded, Encoder
from tools.dialogues.moments import Corpus, Embed, Moment, SpokenItems
from tools.dialogues.routes import Floats, Learnt, Outside

Aim = Literal["any", "fresh"]
"""Whether items named before may be given again."""
Advance = Callable[[int], None]
BLOCK = 400
"""Moments scored at once; every route holds (BLOCK, items) floats."""
DEPTH = 100
"""Candidates that each route may bring."""
POPULAR = 120
FOLDS = 5
NEGATIVES = 240
"""Candidates that were not given which a training moment keeps, drawn at random."""
PLACED = ("named together", "named together (ease)", "given to who asks alike", "given after such turns",
          "text asked for", "taste", "co-rated (ease)")  # fmt: skip
"""Routes whose order counts beside their score."""
BROAD = ("groups like those named", "years like those named", "groups asked for")
"""Routes too broad to bring candidates of their own."""
NOBODY = 99


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
class Table:
    """Candidates of moments with what is known of them, one row a candidate."""

    values: NDArray[np.float32]
    """(candidates, columns)."""
    rows: NDArray[np.int64]
    """(candidates,) items."""
    sizes: tuple[int, ...]
    """Candidates of each moment, one after the other, and"""
    moments: tuple[Moment, ...]


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
        for heard, scores in self._scored(moments):
            table = tabulate(heard, scores, self.outside, self.learnt)
            predicted = self.trees[aim].predict(table.values)
            start = 0
            for moment, size in zip(table.moments, table.sizes, strict=True):
                rows, worth = table.rows[start : start + size], predicted[start : start + size].copy()
                start += size
                if aim == "fresh":
                    worth[np.isin(rows, moment.known)] = -np.inf
                best = np.lexsort((rows, -worth))[:count]
                yield [int(r) for r, w in zip(rows[best], worth[best], strict=True) if np.isfinite(w)]

    def routes(self, moments: Sequence[Moment]) -> Iterator[tuple[Moment, dict[str, Floats]]]:
        """For each moment the routes' scores, (items,) each."""
        for heard, scores in self._scored(moments):
            for place, moment in enumerate(heard.moments):
                yield moment, {name: held[place] for name, held in scores.items()}

    def brought(self, moments: Sequence[Moment]) -> Iterator[set[int]]:
        """For each moment the candidates that any route brings."""
        for heard, scores in self._scored(moments):
            popular, famous = commonest(self.learnt, self.outside.items), best_known(self.outside.items)
            for place, moment in enumerate(heard.moments):
                yield set(_pool(scores, place, popular, famous, moment).tolist())

    def _scored(self, moments: Sequence[Moment]) -> Iterator[tuple[Encoded, dict[str, Floats]]]:
        for start in range(0, len(moments), BLOCK):
            heard = self.encoder.encode(moments[start : start + BLOCK])
            scores = self.outside.scores(heard) | self.learnt.scores(heard)
            yield heard, {name: held for name, held in scores.items() if name not in self.without}


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
            scores = {n: s for n, s in (outside.scores(part) | learnt.scores(part)).items() if n not in without}
            tables.append(tabulate(part, scores, outside, learnt, chance))
        advance(1)
    learnt = Learnt.fit(outside, corpus, heard)
    advance(1)
    trees: dict[Aim, Any] = {}
    for aim in aims:
        trees[aim] = _grown(tables, aim, settings)
        advance(1)
    return Fusion(encoder, outside, learnt, trees, without)


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


def tabulate(
    heard: Encoded,
    scores: Mapping[str, Floats],
    outside: Outside,
    learnt: Learnt,
    chance: np.random.Generator | None = None,
) -> Table:
    """The candidates of each moment, with scores and places by route, and what is known of moment and item.

    With `chance`, for training: moments whose answers no route brings are left out, and few wrong candidates stay.
    """
    items = outside.items
    popular, famous = commonest(learnt, items), best_known(items)
    values, rows, sizes, moments = [], [], [], []
    for place, moment in enumerate(heard.moments):
        pool = _pool(scores, place, popular, famous, moment)
        if chance is not None:
            right = pool[np.isin(pool, moment.given)]
            wrong = pool[~np.isin(pool, moment.given)]
            if not len(right):
                continue
            pool = np.concatenate([right, chance.choice(wrong, min(len(wrong), NEGATIVES), replace=False)])
        values.append(_told(heard, scores, learnt, items, place, pool))
        rows.append(pool)
        sizes.append(len(pool))
        moments.append(moment)
    if not rows:
        return Table(np.zeros((0, 0), np.float32), np.zeros(0, np.int64), (), ())
    return Table(np.vstack(values), np.concatenate(rows), tuple(sizes), tuple(moments))


def commonest(learnt: Learnt, items: SpokenItems) -> NDArray[np.int64]:
    """The items given most often; the better known of those given as often."""
    return np.argsort(-learnt.popular - 1e-3 * items.fame.sum(axis=1), kind="stable")[:POPULAR]


def best_known(items: SpokenItems) -> NDArray[np.int64]:
    """The items best known elsewhere."""
    return np.argsort(-items.fame.sum(axis=1), kind="stable")[:POPULAR]


def _pool(
    scores: Mapping[str, Floats],
    place: int,
    popular: NDArray[np.int64],
    famous: NDArray[np.int64],
    moment: Moment,
) -> NDArray[np.int64]:
    """The candidates: the best of every route, the most given, and what was named."""
    found = [popular, famous, np.asarray(moment.known, dtype=np.int64)]
    for name, held in scores.items():
        if name not in BROAD:
            line = held[place]
            top = np.argpartition(-line, min(DEPTH, len(line) - 1))[:DEPTH]
            found.append(top[line[top] > 0])
    return np.unique(np.concatenate(found))


def _told(
    heard: Encoded,
    scores: Mapping[str, Floats],
    learnt: Learnt,
    items: SpokenItems,
    place: int,
    pool: NDArray[np.int64],
) -> NDArray[np.float32]:
    """(candidates, columns) of one moment."""
    moment = heard.moments[place]
    columns: list[Any] = [held[place][pool] for held in scores.values()]
    for name in PLACED:
        if name in scores:
            line = scores[name][place]
            columns.append(np.searchsorted(np.sort(-line)[:400], -line[pool]))
    since: dict[int, int] = {}
    times: dict[int, int] = {}
    for named in moment.named:
        since[named.row] = moment.turn - named.turn
        times[named.row] = times.get(named.row, 0) + 1
    by = frozenset().union(*(items.people[row] for row in since)) if since else frozenset()
    openings = {opening(items.titles[row]) for row in since}
    words = moment.words.lower()
    columns += [
        learnt.popular[pool],
        learnt.spoken_of[pool],
        [since.get(row, NOBODY) for row in pool.tolist()],
        [times.get(row, 0) for row in pool.tolist()],
        [len(items.people[row] & by) for row in pool.tolist()],
        [sum(name in words for name in items.people[row]) for row in pool.tolist()],
        [opening(items.titles[row]) in openings for row in pool.tolist()],
        items.years[pool],
        np.full(len(pool), moment.turn),
        np.full(len(pool), len(since)),
        np.full(len(pool), len(moment.asked)),
    ]
    plain = np.asarray(columns, dtype=np.float32).T
    return np.hstack([plain, items.fame[pool]])


def opening(title: str) -> str:
    """How a title begins: the same for the parts of a series."""
    return title.lower().split(":")[0][:9]


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
