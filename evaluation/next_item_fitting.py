"""Fitted rankers and what they reached, kept in a folder so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from evaluation.next_item import Reached, reached
from evaluation.next_item_data import Split
from evaluation.progress import advancing
from tools.ranking.bpr import Bpr
from tools.ranking.ease import Ease, RecencyEase
from tools.ranking.fusion import Blend, Fusion
from tools.ranking.kinds import KINDS
from tools.ranking.ranker import Ranker
from tools.ranking.sequential import DEFAULTS, Sequential, Settings

EDITION = 3
"""Raised when a ranker's defaults change, so that what was kept is fitted anew."""
MOST_EASE = 20_000
"""Items that EASE models here, the most frequent ones: 5 to 8 GB of memory while it is fitted."""
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
    """The folder of one data set and seed."""

    folder: Path

    @classmethod
    def under(cls, work: Path, split: Split, settings: Settings) -> Kept:
        """The folder for these data and settings."""
        told = f"{EDITION} {split.digest()} {settings.model_dump_json(exclude={'threads'})}"
        return cls(work / hashlib.sha256(told.encode()).hexdigest()[:16])

    def ranker(self, name: str, fit: Callable[[], Ranker]) -> Ranker:
        """The ranker as kept, or fitted now, kept and opened from there."""
        place = self.folder / "rankers" / name
        if not place.is_dir():
            draft = place.with_name(f"{name}.partial")
            shutil.rmtree(draft, ignore_errors=True)
            fit().save(draft)
            draft.rename(place)
        return KINDS[name].load(place)

    def blend(self, name: str, learn: Callable[[], Blend]) -> Blend:
        """The blend as kept, or learnt now and then kept; its rankers are kept by themselves."""
        file = self.folder / "blends" / f"{name}.json"
        if file.is_file():
            return Blend.model_validate_json(file.read_text(encoding="utf-8"))
        learnt = learn()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".partial")
        draft.write_text(learnt.model_dump_json(), encoding="utf-8")
        draft.replace(file)
        return learnt

    def reached(self, name: str, asked: str, measure: Callable[[], Reached]) -> Reached:
        """Where the targets stood and what was listed, as kept, or measured now and then kept."""
        file = self.folder / "reached" / f"{name}-{asked[:16]}.npz"
        if file.is_file():
            with np.load(file) as held:
                return Reached(held["places"], held["lists"])
        found = measure()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".partial.npz")
        np.savez_compressed(draft, places=found.places, lists=found.lists)
        draft.replace(file)
        return found

    @property
    def checkpoint(self) -> Path:
        """Where training writes after each epoch."""
        return self.folder / "sequential.pt"


@dataclass(frozen=True)
class Fitting:
    """How the rankers of one data set are fitted, and where they are kept."""

    split: Split
    kept: Kept
    seed: int = 0
    settings: Settings = DEFAULTS
    without: frozenset[str] = frozenset()
    """Rankers that fusion does without."""

    @property
    def blended(self) -> tuple[str, ...]:
        """What fusion blends."""
        return tuple(name for name in BLENDED if name not in self.without)

    def reached(self, name: str) -> Reached:
        """Where one ranker puts the targets, and what it puts first."""
        label = self._label(name)
        return self.kept.reached(label, self.split.asked(), partial(self._reach, name))

    def scorer(self, name: str) -> Ranker | Chance:
        """One ranker, fitted; fusion brings all that it blends."""
        if name == CHANCE:
            return Chance(len(self.split.items), self.seed)
        if name == Fusion.name:
            parts = tuple(cast("Ranker", self.scorer(part)) for part in self.blended)
            learn = partial(self._blend, parts)
            return Fusion(parts, self.kept.blend(self._label(name), learn))
        if name == RecencyEase.name:
            return RecencyEase.of(cast("Ease", self.scorer(Ease.name)))
        return self.kept.ranker(name, partial(self._fit, name))

    def _reach(self, name: str) -> Reached:
        ranker, favoured = self.scorer(name), self.split.by_frequency()
        with advancing(f"ranking with {name}, people", len(self.split.cases)) as advance:
            return reached(ranker, self.split.cases, favoured, advance)

    def _blend(self, parts: Sequence[Ranker]) -> Blend:
        return Fusion.learn(parts, self.split.held).blend

    def _fit(self, name: str) -> Ranker:
        seen = self.split.fitting
        if name == Sequential.name:
            with advancing("training sequential, epochs", self.settings.epochs) as advance:
                return Sequential.fit(seen, self.settings, self.split.held or None, self.kept.checkpoint, advance)
        with advancing(f"fitting {name}", 1) as advance:
            made = Ease.fit(seen, most=MOST_EASE) if name == Ease.name else KINDS[name].fit(seen)
            advance()
        return made

    def _label(self, name: str) -> str:
        missing = [part for part in BLENDED if part in self.without] if name == Fusion.name else []
        return "-".join([name, "without", *missing]) if missing else name
