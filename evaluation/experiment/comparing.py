"""Two runs of the same people and systems, before and after a change: what differs, in what, and which dialogues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.values import Value
from evaluation.experiment.analysis.glossary import in_order, measure, said, said_change
from evaluation.experiment.analysis.pairs import ALPHA, holm, sign_flip
from evaluation.experiment.analysis.scores import by_member
from evaluation.experiment.episodes import Episode, UserKind
from evaluation.experiment.reading import Run, open_run
from evaluation.experiment.report.words import change_span
from evaluation.metrics import Figure, difference, mean
from simulation.protocol import EndReason

if TYPE_CHECKING:
    from rich.table import Table

Couple = tuple[Episode, Episode]
"""The same person, system, kind of user and trial, before and after."""
BOTH = "Compare two runs with the same --catalog, --population, --turns and names of systems."


class Change(Value):
    """One measure of one system with one kind of user, over the people scored in both runs."""

    user: UserKind
    system: str
    measure: str
    first: Figure
    second: Figure
    difference: Figure
    """second - first, paired by person."""
    p: float
    """By the sign-flip test."""
    holm: float
    """The same, corrected over all systems and kinds of user of this measure."""

    @property
    def real(self) -> bool:
        """Whether the difference survives the correction at 5 %."""
        return self.holm < ALPHA

    @property
    def better(self) -> bool | None:
        """Whether the second run is better here; None where it is the same or no way is better."""
        way = measure(self.measure).better
        if way == "neither" or self.difference.value == 0:
            return None
        return (self.difference.value > 0) == (way == "more")


class Flip(Value):
    """A dialogue that was a success in one run only."""

    user: UserKind
    system: str
    member: str
    trial: int
    gained: bool
    """Whether it is a success in the second run."""
    first: EndReason
    second: EndReason


class Comparison(Value):
    """What changed from the first run to the second."""

    first: str
    second: str
    manifests: dict[str, tuple[Any, Any]]
    """Keys that differ, with both values; None where a manifest has no such key."""
    paired: int
    """Dialogues there in both runs."""
    left_out: tuple[int, int]
    """Dialogues there in the first run only, and in the second only."""
    changes: tuple[Change, ...]
    flips: tuple[Flip, ...]


def compare(first_folder: Path, second_folder: Path) -> Comparison:
    """Pair two runs by person, system, kind of user and trial.

    Raises BadInput, saying why, where a folder holds no run or the runs cannot be paired: other catalogues, people,
    limits on turns, or no dialogue in common.
    """
    first, second = open_run(first_folder), open_run(second_folder)
    _check_manifests(first, second)
    before, after = _keyed(first.episodes), _keyed(second.episodes)
    couples = [(before[key], after[key]) for key in before if key in after]
    if not couples:
        raise BadInput(
            f"No dialogue is there both in {first_folder} and in {second_folder}{_why(first, second)}.", BOTH
        )
    _check_people(couples)
    seed = first.manifest.seed
    names = in_order([n for couple in couples for e in couple for n in e.measures])
    return Comparison(
        first=first_folder.name,
        second=second_folder.name,
        manifests=_differing(first, second),
        paired=len(couples),
        left_out=(len(before) - len(couples), len(after) - len(couples)),
        changes=tuple(c for name in names for c in _changes(couples, name, seed)),
        flips=tuple(f for couple in couples if (f := _flip(*couple)) is not None),
    )


def as_metrics(comparison: Comparison) -> dict[str, Any]:
    """{"metrics": {"KIND/SYSTEM/MEASURE": difference as {value, low, high, n}}, …} with all else beside it."""
    named = {f"{c.user}/{c.system}/{c.measure}": c for c in comparison.changes}
    rest = comparison.model_dump(mode="json", exclude={"changes"})
    return {
        "metrics": {name: c.difference.model_dump() for name, c in named.items()},
        "changes": {
            name: {
                "first": c.first.model_dump(),
                "second": c.second.model_dump(),
                "p": c.p,
                "holm": c.holm,
                "real": c.real,
                "better": c.better,
            }
            for name, c in named.items()
        },
        **rest,
    }


def changes_table(comparison: Comparison, *, every: bool = False) -> Table:
    """Measures before and after with the paired difference; those that did not move are left out unless `every`."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(f"{comparison.first} → {comparison.second}: {told(comparison)}"), title_justify="left")
    for name in ("user", "system", "measure", "before", "after", "difference", "p, corrected", ""):
        table.add_column(name, justify="left" if name in {"user", "system", "measure", ""} else "right")
    for c in comparison.changes:
        if every or c.difference.value or c.difference.low or c.difference.high:
            table.add_row(
                c.user,
                escape(c.system),
                escape(measure(c.measure).label),
                said(c.first.value, c.measure),
                said(c.second.value, c.measure),
                escape(f"{said_change(c.difference.value, c.measure)} ({change_span(c.difference, c.measure)})"),
                f"{c.holm:.4f}",
                _verdict(c),
            )
    return table


def flips_table(comparison: Comparison, most: int = 20) -> Table:
    """The first dialogues that flipped, lost ones first."""
    from rich.markup import escape
    from rich.table import Table

    order = sorted(comparison.flips, key=lambda f: f.gained)
    more = f", the first {most} of them" if len(order) > most else ""
    table = Table(title=f"{len(order)} dialogues flipped{more}", title_justify="left")
    for name in ("", "user", "system", "person", "trial", "ended before", "ended after"):
        table.add_column(name)
    for f in order[:most]:
        ends = (f.first.value.replace("_", " "), f.second.value.replace("_", " "))
        table.add_row("gained" if f.gained else "lost", f.user, escape(f.system), escape(f.member), str(f.trial), *ends)
    return table


def told(comparison: Comparison) -> str:
    """What was paired and how the runs differ, in a sentence."""
    gained = sum(f.gained for f in comparison.flips)
    parts = [f"{comparison.paired:,} dialogues paired"]
    if any(comparison.left_out):
        parts.append("{:,} only in the first, {:,} only in the second".format(*comparison.left_out))
    parts.append(f"{gained:,} gained, {len(comparison.flips) - gained:,} lost")
    parts.append(f"manifests differ in {', '.join(comparison.manifests)}" if comparison.manifests else "same manifest")
    return "; ".join(parts)


def _check_manifests(first: Run, second: Run) -> None:
    one, other = first.manifest.model_dump(mode="json"), second.manifest.model_dump(mode="json")
    for key, what in (("catalog", "catalogue"), ("population", "population"), ("turns", "limit on turns")):
        if one.get(key) != other.get(key) and None not in {one.get(key), other.get(key)}:
            raise BadInput(
                f"The runs cannot be paired: the {what} differs ({one[key]!r} in {first.folder}, {other[key]!r} in "
                f"{second.folder}).",
                BOTH,
            )


def _check_people(couples: Iterable[Couple]) -> None:
    for before, after in couples:
        if (before.wants, before.target and before.target.id) != (after.wants, after.target and after.target.id):
            raise BadInput(
                f"The runs cannot be paired: {before.member} ({before.user}) does not want the same in both.", BOTH
            )


def _keyed(episodes: Iterable[Episode]) -> dict[tuple[str, str, str, int], Episode]:
    return {(e.user, e.system, e.member, e.trial): e for e in episodes}


def _why(first: Run, second: Run) -> str:
    if not first.episodes or not second.episodes:
        return ": one of them holds none yet"
    if not {e.system for e in first.episodes} & {e.system for e in second.episodes}:
        return f": the systems are {', '.join(first.systems)} and {', '.join(second.systems)}"
    if not {e.user for e in first.episodes} & {e.user for e in second.episodes}:
        return f": the kinds of user are {', '.join(first.users)} and {', '.join(second.users)}"
    return ": no system met the same person in both"


def _differing(first: Run, second: Run) -> dict[str, tuple[Any, Any]]:
    one, other = first.manifest.model_dump(mode="json"), second.manifest.model_dump(mode="json")
    keys = dict.fromkeys((*one, *other))
    return {key: (one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)}


def _changes(couples: Sequence[Couple], name: str, seed: int) -> list[Change]:
    """One measure of every system and kind of user that scores it in both runs."""
    groups: dict[tuple[UserKind, str], list[Couple]] = {}
    for couple in couples:
        if all(e.measures.get(name) is not None for e in couple):
            groups.setdefault((couple[0].user, couple[0].system), []).append(couple)
    held = {key: [_values(part, name, place) for place in (0, 1)] for key, part in groups.items()}
    chances = [sign_flip([b - a for a, b in zip(one, two, strict=True)], seed) for one, two in held.values()]
    return [
        Change(
            user=user,
            system=system,
            measure=name,
            first=mean(one, seed),
            second=mean(two, seed),
            difference=difference(two, one, seed),
            p=p,
            holm=corrected,
        )
        for ((user, system), (one, two)), p, corrected in zip(held.items(), chances, holm(chances), strict=True)
    ]


def _values(couples: Iterable[Couple], name: str, place: int) -> list[float]:
    """One value a person, by id; the same people for both places."""
    return list(by_member((couple[place].member, couple[place].measures[name]) for couple in couples).values())


def _flip(before: Episode, after: Episode) -> Flip | None:
    one, two = before.measures.get("success"), after.measures.get("success")
    if one is None or two is None or (one >= 1) == (two >= 1):
        return None
    return Flip(
        user=before.user,
        system=before.system,
        member=before.member,
        trial=before.trial,
        gained=two >= 1,
        first=before.ending,
        second=after.ending,
    )


def _verdict(change: Change) -> str:
    if not change.real:
        return "not real"
    return {True: "better", False: "worse", None: "differs"}[change.better]
