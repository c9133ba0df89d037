"""What went wrong in a dialogue, so that the worst are read first."""

from __future__ import annotations

from core.values import Value
from evaluation.experiment.episodes import Episode

LONG = 4
"""Turns from which a success counts as a long one."""


class Troubles(Value):
    """Counted in one dialogue; compared in this order, the larger the worse."""

    fault: int
    """1 where the machinery failed."""
    broken: int
    """Shown items that break a wish told by then."""
    repeated: int
    """Shown items that had been shown before."""
    useless: int
    """Questions whose answer told nothing; 0 where that is not scored."""
    missed: int
    """1 where the person did not find what they were looking for; 0 where that is not scored."""
    turns: int

    @property
    def order(self) -> tuple[int, ...]:
        """Sorts the worst first."""
        return tuple(-n for n in (self.fault, self.broken, self.repeated, self.useless, self.missed, self.turns))


def troubles(episode: Episode) -> Troubles:
    """What went wrong, read from the slates and the measures."""
    asked, useful = episode.measures.get("questions"), episode.measures.get("useful_questions")
    success = episode.measures.get("success")
    slates = [exchange.slate for exchange in episode.exchanges]
    return Troubles(
        fault=int(bool(episode.fault) or episode.ending in {"agent_failed", "person_failed"}),
        broken=sum(not item.fits for slate in slates for item in slate),
        repeated=sum(_again(episode, number) for number in range(len(slates))),
        useless=0 if asked is None or useful is None else max(0, round(asked - useful)),
        missed=int(success is not None and success < 1),
        turns=len(episode.exchanges),
    )


def _again(episode: Episode, number: int) -> int:
    before = {item.id for exchange in episode.exchanges[:number] for item in exchange.slate}
    return sum(item.id in before for item in episode.exchanges[number].slate)
