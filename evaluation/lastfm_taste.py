"""Who would take what: a conditional logit over attribute likeness, fitted on left-out items of the history.

Content alone: collaborative and popularity features do not carry over, because most items to be found were taken by
hardly anyone before. Left-out items are drawn with weight 1 / how often taken, so that rare ones count as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import scipy.sparse as sp

from evaluation.lastfm_data import Session, StarData
from tools.elicitation.belief import Floats, Ints

PLAIN_DIMENSIONS = 128
RIDGE = 1e-3
SHARPNESS = 8.0
"""Of the soft maximum over likenesses to items taken."""
PRIOR_COUNT = 100.0
"""Imagined attributes of the average kind, added to each history before lifts are taken."""


class Taste:
    """Scores of items for a user: weights × likeness features; log-probabilities but for a constant."""

    def __init__(self, data: StarData) -> None:
        self.data = data
        held = np.maximum(np.asarray(data.holds.sum(axis=0)).ravel(), 1.0)
        items, attributes = data.holds.shape
        self.rarity = np.log(items / held) + 1e-3
        self.usual = held / held.sum()
        self.sizes = np.maximum(np.asarray(data.holds.sum(axis=1)).ravel(), 1.0)
        self.items = _rows_to_unit(_times(data.holds, self.rarity))
        self.liked = _rows_to_unit(_times(data.likes, self.rarity))
        friends_took = data.friends @ data.taken
        self.friends_took = _rows_to_unit(sp.csr_matrix(friends_took @ self.items))
        self.friends_liked = _rows_to_unit(_times(sp.csr_matrix(data.friends @ data.likes), self.rarity))
        self.plane = _unit(self.items @ _directions(self.items, min(PLAIN_DIMENSIONS, items - 1, attributes - 1)))
        counts = np.maximum(np.asarray(data.taken.sum(axis=1)).ravel(), 1.0)[:, None]
        self.friends_plane = _unit(data.friends @ ((data.taken @ self.plane) / counts))
        self.weights: Floats = np.zeros(0)

    def fit(self, known: Sequence[Session], advance: Callable[[], None], *, leave_out: bool) -> Taste:
        """Fit the weights on sessions whose targets are known; `leave_out` takes each out of the history first."""
        found, sizes, picks, start = [], [], [], 0
        for user, target, opening in known:
            rows = open_to(self.data, user, opening, keep=target)
            found.append(self.features(user, rows, target if leave_out else None))
            picks.append(start + int(np.searchsorted(rows, target)))
            sizes.append(len(rows))
            start += len(rows)
            advance()
        self.weights = fit_logit(np.concatenate(found), np.array(sizes), np.array(picks), RIDGE)
        return self

    def scores(self, user: int, rows: Ints, left_out: int | None = None) -> Floats:
        """(rows,) log-probability of each item but for a constant."""
        scored: Floats = self.features(user, rows, left_out) @ self.weights
        return scored

    def features(self, user: int, rows: Ints, left_out: int | None = None) -> Floats:
        """(rows, features) likeness of items to what a user took and likes, and to what friends did."""
        took = self.data.taken_by(user)
        took = took[took != left_out]
        items, sizes = self.items[rows], self.sizes[rows]
        root = np.sqrt(sizes)
        if len(took):
            history = _unit(np.asarray(self.items[took].sum(axis=0)))[0]
            nearest = np.asarray((items @ self.items[took].T).max(axis=1).todense()).ravel()
            counted = np.asarray(self.data.holds[took].sum(axis=0)).ravel() + PRIOR_COUNT * self.usual
            lift = self.data.holds[rows] @ np.log(counted / counted.sum() / self.usual)
            plain, before = self.plane[rows], self.plane[took]
            middle = plain @ _unit(before.mean(axis=0, keepdims=True))[0]
            soft = np.log(np.exp(SHARPNESS * (plain @ before.T)).mean(axis=1))
            past = [items @ history, nearest, lift / sizes, lift / root, middle, soft]
        else:
            past = [np.zeros(len(rows))] * 6
        liked = self.data.likes[user].toarray()[0]
        return np.stack(
            [
                *past,
                (items @ self.liked[user].T).toarray().ravel(),
                np.log1p(self.data.holds[rows] @ (liked * self.rarity)),
                (items @ self.friends_took[user].T).toarray().ravel(),
                (items @ self.friends_liked[user].T).toarray().ravel(),
                self.plane[rows] @ self.friends_plane[user],
                np.log(sizes),
            ],
            axis=1,
        )


def open_to(data: StarData, user: int, opening: int, keep: int | None = None, *, seen: bool = False) -> Ints:
    """Items that hold the opening attribute, ascending; those taken before are out, but for `keep`, unless `seen`."""
    rows = data.holders(opening)
    if seen:
        return rows
    fresh: Ints = rows[~np.isin(rows, data.taken_by(user)) | (rows == keep)]
    return fresh


def left_out(data: StarData, count: int, seed: int) -> list[Session]:
    """Sessions made of the history: items drawn with weight 1 / how often taken, opened with a random attribute."""
    chance = np.random.default_rng([seed, 3])
    users, items = data.taken.nonzero()
    usable = np.diff(data.holds.indptr)[items] > 0
    users, items = users[usable], items[usable]
    weight = 1.0 / np.asarray(data.taken.sum(axis=0)).ravel()[items]
    drawn = chance.choice(len(items), min(count, len(items)), replace=False, p=weight / weight.sum())
    return [Session(int(users[k]), int(items[k]), int(chance.choice(data.attributes_of(items[k])))) for k in drawn]


def fit_logit(features: Floats, sizes: Ints, picks: Ints, ridge: float) -> Floats:
    """Weights of McFadden's conditional logit: one pick in each run of `sizes` rows of `features`; `picks` are rows."""
    from scipy.optimize import minimize

    spread = features.std(axis=0) + 1e-9
    scaled = features / spread
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])

    def loss(weights: Floats) -> tuple[float, Floats]:
        raw = scaled @ weights
        top = np.maximum.reduceat(raw, starts)
        odds = np.exp(raw - np.repeat(top, sizes))
        total = np.add.reduceat(odds, starts)
        slope = scaled.T @ (odds / np.repeat(total, sizes)) - scaled[picks].sum(axis=0)
        missed = float((top + np.log(total) - raw[picks]).sum()) / len(sizes)
        return missed + ridge * float(weights @ weights), slope / len(sizes) + 2 * ridge * weights

    best = minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    found: Floats = best.x / spread
    return found


def _directions(matrix: sp.csr_matrix, count: int) -> Floats:
    """(columns, count) right singular vectors."""
    from scipy.sparse.linalg import svds

    directions: Floats = svds(matrix, k=max(count, 1), random_state=0)[2].T
    return directions


def _times(matrix: sp.csr_matrix, by_column: Floats) -> sp.csr_matrix:
    return sp.csr_matrix(matrix.multiply(by_column))


def _rows_to_unit(matrix: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.csr_matrix(sp.diags(1.0 / np.maximum(lengths, 1e-9)) @ matrix)


def _unit(matrix: Floats) -> Floats:
    unit: Floats = np.asarray(matrix) / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    return unit
