"""The shuffled control: everybody speaks for somebody else's target, so that what is said can help nobody.

What success is left is due to other things than the dialogue: popular targets, or a leak. Success has to be judged by
the target here, never by the wishes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from core.values import Value
from evaluation.experiment.analysis.pairs import sign_flip
from evaluation.experiment.analysis.scores import Key, by_member, cells, shared
from evaluation.experiment.episodes import Episode
from evaluation.metrics import Figure, difference, mean
from simulation.needs import Need
from simulation.population import Member

if TYPE_CHECKING:
    from rich.table import Table

CONTROL = "control"
"""The segment that marks somebody who speaks for another: "shuffled"."""
Judge = Callable[[Episode], float | None]


class Control(Value):
    """One system with one kind of user, with its own wishes and with shuffled ones, on the same members."""

    user: str
    system: str
    own: Figure
    shuffled: Figure
    difference: Figure
    """own - shuffled, paired: what the dialogue is worth."""
    p: float
    """Chance of such a difference if it made none (sign-flip test)."""


def shuffle_wants(members: Sequence[Member], seed: int = 0, *, likes: bool = True) -> list[Member]:
    """The members with what they tell passed around a circle drawn by seed; nobody keeps their own.

    Everybody keeps their target and what is relevant to them. Passed on are wants and soft wishes, and with `likes` the
    items that are named as liked or not; a receiver's own target is left out of these. Members without a target are
    returned as they are. Raises ValueError when fewer than two have a target and wants.
    """
    places = [n for n, m in enumerate(members) if m.need.target is not None and m.need.wants]
    if len(places) < 2:
        raise ValueError("wishes can be passed around among two members or more that have a target and wants")
    circle = list(places)
    random.Random(seed).shuffle(circle)  # noqa: S311 - reproducible, not secret
    giver = {place: members[circle[n - 1]].need for n, place in enumerate(circle)}
    return [_speaking_for(m, giver[n], likes=likes) if n in giver else m for n, m in enumerate(members)]


def target_shown(episode: Episode) -> float | None:
    """Whether the target was ever shown, whatever the person made of it; None without a target."""
    if episode.target is None:
        return None
    return float(any(i.id == episode.target.id for x in episode.exchanges for i in x.slate))


def target_taken(episode: Episode) -> float | None:
    """Whether the person took the target itself; None without a target."""
    return None if episode.target is None else float(episode.accepted == episode.target.id)


def compare_with_shuffled(
    own: Iterable[Episode], shuffled: Iterable[Episode], judge: Judge = target_shown, seed: int = 0
) -> list[Control]:
    """Every system and kind of user that served the same members in both runs; members are paired by id."""
    with_own, without = cells(own), cells(shuffled)
    return [
        _control(key, with_own[key], without[key], judge, seed)
        for key in with_own
        if _in_both(key, with_own, without, judge)
    ]


def control_figures(controls: Iterable[Control]) -> dict[str, Any]:
    """{"USER/SYSTEM/own": {value, low, high, n}, …/shuffled, …/difference}, as a manifest's `control` holds them."""
    return {
        f"{c.user}/{c.system}/{name}": figure.model_dump()
        for c in controls
        for name, figure in (("own", c.own), ("shuffled", c.shuffled), ("difference", c.difference))
    }


def control_table(controls: Iterable[Control]) -> Table:
    """One row a system and kind of user."""
    from rich.table import Table

    table = Table(title="With their own wishes, and with somebody else's", title_justify="left")
    for name in ("user", "system", "own", "shuffled", "difference", "p"):
        table.add_column(name, justify="left" if name in {"user", "system"} else "right")
    for c in controls:
        table.add_row(c.user, c.system, _shown(c.own), _shown(c.shuffled), _shown(c.difference), f"{c.p:.4f}")
    return table


def _speaking_for(member: Member, other: Need, *, likes: bool) -> Member:
    need = member.need
    told: dict[str, Any] = {"wants": other.wants, "soft": other.soft}
    if likes:
        liked, disliked = (tuple(i for i in of if i != need.target) for of in (other.liked, other.disliked))
        known = tuple(dict.fromkeys((*(i for i in need.known if i != need.target), *liked, *disliked)))
        told |= {"liked": liked, "disliked": disliked, "known": known}
    return member.model_copy(
        update={"need": need.model_copy(update=told), "segments": member.segments | {CONTROL: "shuffled"}}
    )


def _judged(episodes: Iterable[Episode], judge: Judge) -> dict[str, float]:
    return by_member((e.member, judge(e)) for e in episodes)


def _in_both(key: Key, own: dict[Key, list[Episode]], other: dict[Key, list[Episode]], judge: Judge) -> bool:
    return key in other and bool(shared(_judged(own[key], judge), _judged(other[key], judge)))


def _control(key: Key, own: Sequence[Episode], other: Sequence[Episode], judge: Judge, seed: int) -> Control:
    mine, theirs = _judged(own, judge), _judged(other, judge)
    members = shared(mine, theirs)
    one, two = [mine[m] for m in members], [theirs[m] for m in members]
    return Control(
        user=key.user,
        system=key.system,
        own=mean(one, seed),
        shuffled=mean(two, seed),
        difference=difference(one, two, seed),
        p=sign_flip([a - b for a, b in zip(one, two, strict=True)], seed),
    )


def _shown(figure: Figure) -> str:
    return f"{figure.value:.2f} [{figure.low:.2f}, {figure.high:.2f}]"
