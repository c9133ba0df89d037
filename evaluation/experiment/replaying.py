"""A dialogue of a run, played again by today's agent, and what became different."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import BadInput
from core.values import Value
from evaluation.experiment.design import jobs
from evaluation.experiment.episodes import Episode, Exchange
from evaluation.experiment.playing import opened, play
from evaluation.experiment.reading import open_run


class Replay(Value):
    """A dialogue then and now."""

    then: Episode
    now: Episode
    parted: int | None
    """The first message, from 1, that was answered differently; None: the dialogues are the same."""


def name_of(episode: Episode) -> str:
    """How a dialogue is named: KIND/SYSTEM/MEMBER/TRIAL."""
    return f"{episode.user}/{episode.system}/{episode.member}/{episode.trial}"


def replay(folder: Path, home: Path, name: str) -> Replay:
    """The dialogue of this name played again with the same person and seed; raises BadInput where there is none."""
    run = opened(folder, home)
    then = next((e for e in open_run(folder).episodes if name_of(e) == name), None)
    job = next((j for j in jobs(run.design, len(run.members)) if j.id(run.design, run.members) == name), None)
    if then is None or job is None:
        raise BadInput(
            f"{folder} holds no dialogue {name!r}.", "Names are KIND/SYSTEM/MEMBER/TRIAL; the report lists them."
        )
    return _parted(then, play(folder, home, job)[0])


def _parted(then: Episode, now: Episode) -> Replay:
    parted = None
    for number in range(max(len(then.exchanges), len(now.exchanges))):
        if _at(then.exchanges, number) != _at(now.exchanges, number):
            parted = number + 1
            break
    if parted is None and (then.ending, then.accepted) != (now.ending, now.accepted):
        parted = len(then.exchanges) + 1
    return Replay(then=then, now=now, parted=parted)


def _at(exchanges: Sequence[Exchange], number: int) -> tuple[str, str, tuple[str, ...]] | None:
    if number >= len(exchanges):
        return None
    exchange = exchanges[number]
    return exchange.said, exchange.reply, tuple(i.id for i in exchange.slate)
