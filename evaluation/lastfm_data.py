"""The LastFM* data set (Lei et al., EAR, WSDM 2020): who took which items, and which attributes items hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from core.errors import BadInput
from tools.elicitation.belief import Ints, Members

TRAIN = "review_dict_train.json"
VALID = "review_dict_valid.json"
Taken = Mapping[int, Sequence[int]]
"""Items by user."""


class Session(NamedTuple):
    """Someone who looks for one item and opens with one of its attributes."""

    user: int
    target: int
    opening: int


@dataclass(frozen=True)
class StarData:
    """Everything but the sessions; matrices are 0/1 in compressed sparse rows."""

    taken: sp.csr_matrix
    """(users, items) what each user took before."""
    holds: sp.csr_matrix
    """(items, attributes)"""
    likes: sp.csr_matrix
    """(users, attributes)"""
    friends: sp.csr_matrix
    """(users, users)"""

    def attributes_of(self, item: int) -> Ints:
        """Codes of the attributes an item holds."""
        return np.asarray(self.holds[item].indices, dtype=np.int64)

    def taken_by(self, user: int) -> Ints:
        """Items a user took before."""
        return np.asarray(self.taken[user].indices, dtype=np.int64)

    def members(self, items: Ints) -> Members:
        """The attributes of some items, as a belief wants them."""
        return self._all_members.take(items)

    def holders(self, attribute: int) -> Ints:
        """Items that hold an attribute, ascending."""
        return np.asarray(self._holders[attribute].indices, dtype=np.int64)

    @cached_property
    def _all_members(self) -> Members:
        return Members(self.holds.indptr, self.holds.indices, self.holds.shape[1])

    @cached_property
    def _holders(self) -> sp.csr_matrix:
        transposed = self.holds.T.tocsr()
        transposed.sort_indices()
        return transposed


def load(folder: Path, train: Sequence[Path] = ()) -> StarData:
    """Read the data set; `train` replaces the history part. Raises BadInput when a file is missing or malformed."""
    holds = read(folder / "item_fea.json")
    likes, friends = read(folder / "user_like.json"), read(folder / "user_friends.json")
    histories = [read(path) for path in train or [folder / TRAIN]]
    people = 1 + max(
        max(likes, default=-1), max(friends, default=-1), *(max(h, default=-1) for h in histories), _most(friends)
    )
    items = 1 + max(max(holds, default=-1), *(_most(h) for h in histories))
    attributes = 1 + max(_most(holds), _most(likes))
    taken = sum((_matrix(h, people, items) for h in histories[1:]), _matrix(histories[0], people, items))
    taken.data[:] = 1.0
    return StarData(
        taken, _matrix(holds, items, attributes), _matrix(likes, people, attributes), _matrix(friends, people, people)
    )


def read(path: Path) -> Taken:
    """A file {id: [id, …]}; raises BadInput when it is missing or something else."""
    try:
        held: Any = json.loads(path.read_text(encoding="utf-8"))
        return {int(key): [int(v) for v in values] for key, values in held.items()}
    except OSError:
        raise BadInput(f"There is no file {path}.", "Give the folder of the LastFM* data set.") from None
    except (ValueError, TypeError, AttributeError):
        raise BadInput(f"{path} is not JSON of the form {{id: [id, …]}}.", "Give a file of the data set.") from None


def sessions(part: Taken, data: StarData, seed: int, most: int | None = None, opening: int = 0) -> list[Session]:
    """One session for each item taken, opened with a random attribute of it; `most` draws that many of them.

    The same seed draws the same sessions whatever the number of the `opening`, and gives a session the same opening
    however many are drawn. Raises BadInput when an item was taken before, is unknown, or holds no attribute.
    """
    users, items = data.taken.shape
    chance = np.random.default_rng([seed, 1, opening])
    every: list[Session] = []
    for user in sorted(part):
        seen = set(data.taken_by(user).tolist()) if user < users else set()
        for target in part[user]:
            if user >= users or target >= items or not data.holds[target].nnz:
                raise BadInput(f"User {user} or item {target} is not in the data set.", "Give a part of the same data.")
            if target in seen:
                raise BadInput(
                    f"User {user} has taken item {target} before.", "Leave the part that is played out of --train."
                )
            every.append(Session(user, target, int(chance.choice(data.attributes_of(target)))))
    if most is None or most >= len(every):
        return every
    drawn = np.random.default_rng([seed, 2]).choice(len(every), most, replace=False)
    return [every[k] for k in sorted(drawn)]


def _most(held: Taken) -> int:
    return max((max(values, default=-1) for values in held.values()), default=-1)


def _matrix(held: Taken, rows: int, columns: int) -> sp.csr_matrix:
    at = [(key, value) for key, values in held.items() for value in set(values)]
    row, column = np.array(at, dtype=np.int64).reshape(-1, 2).T
    matrix = sp.csr_matrix((np.ones(len(at)), (row, column)), shape=(rows, columns))
    matrix.sort_indices()
    return matrix
