"""Fitted rankers and what they reached, kept in a folder so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluation.next_item import Places, places
from evaluation.next_item_data import Split
from evaluation.progress import advancing
from tools.ranking.bpr import Bpr
from tools.ranking.ease import Ease, RecencyEase
from tools.ranking.fusion import Fusion
from tools.ranking.kinds import KINDS
from tools.ranking.ranker import Interactions, Ranker
from tools.ranking.sequential import DEFAULTS, Sequential, Settings

EDITION = 2
"""Raised when a ranker's defaults change, so that what was kept is fitted anew."""
BLENDED = ("popularity", "item-knn", "ease", "recency-ease", "directed", "als", "sequential")
RANKERS = (*BLENDED, Bpr.name, Fusion.name)
CHANCE = "random"


class Chance:
    """Scores drawn anew at each call: what ranking knows without knowing anything."""

    name = CHANCE

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.rng = count, np.random.default_rng([seed, 7])

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:  # noqa: ARG002
        """(items,) numbers drawn from 0..1."""
        return self.rng.random(self.count, dtype=np.float32)


@dataclass(frozen=True)
class Kept:
    """The folder of one data set and seed; None: nothing is kept."""

    folder: Path | None

    @classmethod
    def under(cls, work: Path | None, split: Split, settings: Settings) -> Kept:
        """The folder for these data and settings."""
        if work is None:
            return cls(None)
        told = f"{EDITION} {split.digest()} {settings.model_dump_json(exclude={'threads'})}"
        return cls(work / hashlib.sha256(told.encode()).hexdigest()[:16])

    def ranker(self, name: str, fit: Callable[[], Ranker]) -> Ranker:
        """The ranker as kept, or fitted now and then kept."""
        if self.folder is None:
            return fit()
        place = self.folder / "rankers" / name
        kind = Fusion if name == Fusion.name else KINDS[name]
        if place.is_dir():
            return kind.load(place)
        fitted = fit()
        draft = place.with_name(f"{name}.partial")
        shutil.rmtree(draft, ignore_errors=True)
        fitted.save(draft)
        draft.rename(place)
        return fitted

    def places(self, name: str, asked: str, measure: Callable[[], Places]) -> Places:
        """(cases,) where the targets stood, as kept, or measured now and then kept."""
        if self.folder is None:
            return measure()
        file = self.folder / "places" / f"{name}-{asked[:16]}.npy"
        if file.is_file():
            return np.asarray(np.load(file))
        found = measure()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".partial.npy")
        np.save(draft, found)
        draft.replace(file)
        return found

    @property
    def checkpoint(self) -> Path | None:
        """Where training writes after each epoch."""
        return self.folder / "sequential.pt" if self.folder is not None else None


def measured(name: str, split: Split, kept: Kept, seed: int, settings: Settings = DEFAULTS) -> Places:
    """(cases,) where one ranker puts the targets."""

    def measure() -> Places:
        ranker = Chance(len(split.items), seed) if name == CHANCE else fitted(name, split, kept, seed, settings)
        with advancing(f"ranking with {name}, people", len(split.cases)) as advance:
            return places(ranker, split.cases, advance)

    return kept.places(name, split.asked(), measure)


def fitted(name: str, split: Split, kept: Kept, seed: int, settings: Settings = DEFAULTS) -> Ranker:
    """One ranker; fusion brings those that it blends."""
    seen = split.fitting

    def fit() -> Ranker:
        if name == Fusion.name:
            parts = [fitted(part, split, kept, seed, settings) for part in BLENDED]
            return Fusion.learn(parts, split.held)
        if name == Sequential.name:
            return _trained(seen, split, kept, settings)
        if name == RecencyEase.name:
            return RecencyEase.of(cast("Ease", fitted(Ease.name, split, kept, seed, settings)))
        with advancing(f"fitting {name}", 1) as advance:
            made = KINDS[name].fit(seen)
            advance()
        return made

    return kept.ranker(name, fit)


def _trained(seen: Interactions, split: Split, kept: Kept, settings: Settings) -> Sequential:
    with advancing("training sequential, epochs", settings.epochs) as advance:
        return Sequential.fit(seen, settings, split.held or None, kept.checkpoint, advance)
