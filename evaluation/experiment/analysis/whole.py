"""Everything a run says: figures of each system with each kind of user, differences, segments, agreement, speed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.values import Value
from evaluation.experiment.analysis.agreement import Agreement, agreements
from evaluation.experiment.analysis.exposure import Exposure, exposure
from evaluation.experiment.analysis.glossary import LEADING, in_order
from evaluation.experiment.analysis.pairs import Paired, paired
from evaluation.experiment.analysis.scores import Key, by_member, cells, found_by, ratio, scores
from evaluation.experiment.analysis.speed import Speed, speeds
from evaluation.experiment.episodes import Episode, UserKind
from evaluation.experiment.reading import Run
from evaluation.metrics import Figure, mean, pass_hat
from simulation.protocol import EndReason

PERSONA = "persona"


class Cell(Value):
    """One system with one kind of user."""

    user: UserKind
    system: str
    episodes: int
    members: int
    figures: dict[str, Figure]
    """By measure; what no episode scored is left out."""
    unscored: dict[str, int] = {}
    """Episodes without a score, by measure, where there are any."""
    curve: tuple[Figure, ...] = ()
    """Share of success within 1, 2, … turns, up to the limit; empty where success is not scored."""
    pass_hat: dict[int, Figure] = {}
    """Chance that k trials of a member are all a success."""
    endings: dict[EndReason, int] = {}
    useful: Figure | None = None
    """Share of the questions asked that were useful; None where none was asked or scored."""
    exposure: Exposure


class Segment(Value):
    """The leading measure of one system on part of the people."""

    user: UserKind
    system: str
    name: str
    """What the people are divided by: "activity"."""
    value: str
    measure: str
    figure: Figure


class Analysis(Value):
    """What came of an experiment."""

    cells: tuple[Cell, ...]
    leading: dict[UserKind, str]
    """The measure that each kind of user is judged by; a kind that scores none of them is left out."""
    pairs: tuple[Paired, ...] = ()
    segments: tuple[Segment, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    speeds: tuple[Speed, ...] = ()

    def of(self, user: UserKind) -> tuple[Cell, ...]:
        """The systems with one kind of user."""
        return tuple(c for c in self.cells if c.user == user)

    def between(self, user: UserKind, measure: str) -> tuple[Paired, ...]:
        """The pairs of systems on one measure."""
        return tuple(p for p in self.pairs if (p.user, p.measure) == (user, measure))


def analyse(run: Run) -> Analysis:
    """The figures of a run, also of one that is not finished; the same for the same episodes and seed."""
    seed = run.manifest.seed
    held = cells(run.episodes)
    order = [Key(u, s) for u in run.users for s in run.systems if (u, s) in held]
    names = in_order([n for e in run.episodes for n in e.measures])
    scored = {name: {key: scores(held[key], name) for key in order} for name in names}
    leading = {u: lead for u in run.users if (lead := _leading(u, order, {n: scored[n] for n in names}))}
    return Analysis(
        cells=tuple(_cell(key, held[key], names, run) for key in order),
        leading=leading,
        pairs=tuple(p for name in names for u in run.users for p in paired(scored[name], u, name, seed)),
        segments=tuple(
            s for key in order if key.user in leading for s in _segments(key, held[key], leading[key.user], seed)
        ),
        agreements=tuple(a for name in LEADING if name in scored for a in agreements(scored[name], name, seed)),
        speeds=tuple(speeds(run.timings)),
    )


def _leading(user: UserKind, order: Sequence[Key], scored: dict[str, dict[Key, dict[str, float]]]) -> str | None:
    return next((n for n in LEADING if n in scored and any(scored[n][k] for k in order if k.user == user)), None)


def _cell(key: Key, episodes: list[Episode], names: list[str], run: Run) -> Cell:
    seed = run.manifest.seed
    held = {name: list(scores(episodes, name).values()) for name in names}
    missing = {name: sum(e.measures.get(name) is None for e in episodes) for name in names}
    curve = [list(found_by(episodes, turn).values()) for turn in range(1, run.manifest.turns + 1)]
    endings = Counter(e.ending for e in episodes)
    return Cell(
        user=key.user,
        system=key.system,
        episodes=len(episodes),
        members=len({e.member for e in episodes}),
        figures={name: mean(values, seed) for name, values in held.items() if values},
        unscored={name: count for name, count in missing.items() if count},
        curve=tuple(mean(values, seed) for values in curve if values),
        pass_hat=_pass_hat(episodes, run.manifest.trials, seed),
        endings={reason: endings[reason] for reason in EndReason if endings[reason]},
        useful=_useful(episodes, seed),
        exposure=exposure(episodes, run.manifest.items),
    )


def _pass_hat(episodes: list[Episode], trials: int, seed: int) -> dict[int, Figure]:
    """pass^k for every k up to the number of trials, over members whose trials are all there and scored."""
    held: dict[str, list[bool]] = {}
    for episode in episodes:
        success = episode.measures.get("success")
        if success is not None:
            held.setdefault(episode.member, []).append(success >= 1)
    whole = [rewards for rewards in held.values() if len(rewards) == trials]
    found = ((k, pass_hat(whole, k, seed)) for k in range(1, trials + 1))
    return {k: figure for k, figure in found if figure is not None}


def _useful(episodes: list[Episode], seed: int) -> Figure | None:
    counted = [e for e in episodes if e.measures.get("useful_questions") is not None]
    useful = by_member((e.member, e.measures["useful_questions"]) for e in counted)
    asked = by_member((e.member, e.measures.get("questions")) for e in counted)
    both = [m for m in asked if m in useful]
    return ratio([useful[m] for m in both], [asked[m] for m in both], seed)


def _segments(key: Key, episodes: list[Episode], name: str, seed: int) -> list[Segment]:
    """The leading measure by persona and by every segment of the people, in the order of their names."""
    parts: dict[tuple[str, str], list[Episode]] = {}
    for episode in episodes:
        for part in {PERSONA: episode.persona, **episode.segments}.items():
            if part[1]:
                parts.setdefault(part, []).append(episode)
    found = []
    for (by, value), held in sorted(parts.items(), key=lambda p: p[0]):
        if values := list(scores(held, name).values()):
            found.append(
                Segment(user=key.user, system=key.system, name=by, value=value, measure=name, figure=mean(values, seed))
            )
    return found
