"""Whether simulated people play fair: they give nothing away, contradict nothing they need, and take nothing too early.

Simulators that leak their target make any recommender look good (Zhu et al. 2024, "How Reliable is Your Simulator?");
people who say what they do not want, or take what they do not want, make any figure meaningless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from core.items import Catalog, Item
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Question
from core.values import Value
from evaluation.clues import Clue, Clues
from evaluation.experiment.analysis.scores import Key, cells, scores
from evaluation.experiment.episodes import Asked, Episode, Exchange, Measures
from evaluation.heard import Planner, after
from evaluation.metrics import Figure, mean
from evaluation.opposites import opposed
from simulation.population import Member
from simulation.protocol import UserAct
from simulation.tasks import holds
from tools.filtering.receipt import verdict
from tools.linking.linker import Linker
from tools.text import normalise

if TYPE_CHECKING:
    from rich.table import Table

Early = Literal["breaks_want", "not_the_one", "irrelevant"]
MEASURES = ("leak", "contradiction", "early_accept")
DELIBERATE: frozenset[UserAct] = frozenset({"change", "release", "confirm"})
"""Acts of messages that may say something else than the need: held against nothing."""
_KINDS = get_args(Question.model_fields["kind"].annotation)


class Contradiction(Value):
    """A message in which somebody says what their need contradicts, as the planner understands it."""

    message: int
    """From 1."""
    said: str
    understood: str
    """The wish, in words."""


@dataclass(frozen=True)
class Hearing:
    """Understands messages: the rule planner and the linker of a catalogue (`Tastemaker(settings).room(NAME)`)."""

    planner: Planner
    linker: Linker

    def wishes(self, said: str, shown: Sequence[Item], asked: Asked | None) -> list[Preference]:
        """The wishes of a field heard in a message, with values of the catalogue."""
        question = None
        if asked is not None and asked.kind in _KINDS:
            question = Question.model_validate({"text": asked.text, "kind": asked.kind, "field": asked.field})
        heard = self.planner.plan(after(shown, question), said).heard
        linked = (self.linker.preference(w, 1) for w in heard.wishes if w.field is not None)
        return [p for p in linked if p is not None and p.field is not None]


def clues_given(episode: Episode, member: Member, catalog: Catalog, clues: Clues) -> list[tuple[int, Clue]]:
    """What gave the target away before it was shown, with the number of the message, from 1; empty without a target."""
    target = next(iter(catalog.find([member.need.target] if member.need.target else [])), None)
    if target is None:
        return []
    need = member.need
    others = {*need.liked, *need.disliked, *need.known} - {target.id}
    familiar = {i.title: None for i in catalog.find(sorted(others))}
    found: list[tuple[int, Clue]] = []
    asked: Asked | None = None
    for number, exchange in enumerate(episode.exchanges, 1):
        field = asked.field if asked is not None else None
        clue = clues.given(target, exchange.said, asked=field, familiar=familiar)
        found += [(number, clue)] if clue is not None else []
        if any(i.id == target.id for i in exchange.slate):
            return found
        familiar |= {i.title: None for i in exchange.slate}
        asked = exchange.asked
    clue = clues.given(target, episode.last_word, familiar=familiar) if episode.last_word else None
    return [*found, (len(episode.exchanges) + 1, clue)] if clue is not None else found


def leaks(episode: Episode, member: Member, catalog: Catalog, clues: Clues) -> bool | None:
    """Whether the person gave their target away unasked before it was shown; None without a target or a message."""
    if (
        not _has_need(episode)
        or member.need.target is None
        or not catalog.find([member.need.target])
        or not episode.exchanges
    ):
        return None
    return bool(clues_given(episode, member, catalog, clues))


def contradictions(episode: Episode, member: Member, hearing: Hearing) -> list[Contradiction]:
    """Wishes, as understood, that the target breaks or that rule out what is wanted.

    Left out: messages marked as a change of mind (and those just before one, which may hold the slip it corrects), as
    letting a wish go or as a yes or no, the naming of an item to "which do you mean", and fields that soft wishes speak
    of. What the catalogue says nothing of contradicts nothing, nor does a value that the target holds in another field
    or spelling. A finding may be the planner's misunderstanding: read
    them before believing a rate.
    """
    catalog, need = hearing.linker.catalog, member.need
    target = next(iter(catalog.find([need.target] if need.target else [])), None)
    soft = {c.field for c in need.soft}
    found = []
    for place, exchange in enumerate(episode.exchanges):
        if _deliberate(episode.exchanges, place):
            continue
        before = episode.exchanges[place - 1] if place else None
        shown = catalog.find([i.id for i in before.slate] if before else [])
        for wish in hearing.wishes(exchange.said, shown, before.asked if before else None):
            broken = target is not None and _broken(wish, target, catalog.schema)
            if wish.field not in soft and (broken or any(opposed(wish, c, catalog.schema) for c in need.wants)):
                label = wish.label(catalog.schema)
                found.append(Contradiction(message=place + 1, said=exchange.said, understood=label))
    return found


def contradicts(episode: Episode, member: Member, hearing: Hearing) -> bool | None:
    """Whether the person contradicts their need; None without wants and target, or without a message."""
    need = member.need
    if not _has_need(episode) or not episode.exchanges or not (need.wants or need.target):
        return None
    return bool(contradictions(episode, member, hearing))


def taken_early(episode: Episode, member: Member, catalog: Catalog) -> Early | None:
    """What is wrong with the item that was taken; None for nothing, and where nothing was taken.

    breaks_want: it breaks what is wanted (not judged after a change of mind); not_the_one: it is neither the target nor
    known to be liked though the person has one in mind; irrelevant: it is known not to be liked.
    """
    item = next(iter(catalog.find([episode.accepted] if episode.accepted else [])), None)
    if item is None:
        return None
    need = member.need
    right = {need.target, *need.relevant}
    if item.id in need.irrelevant:
        return "irrelevant"
    if need.target is not None and item.id not in right:
        return "not_the_one"
    firm = item.id != need.target and not any(DELIBERATE & set(x.acts) for x in episode.exchanges)
    return "breaks_want" if firm and not all(holds(c, item) for c in need.wants) else None


def accepts_early(episode: Episode, member: Member, catalog: Catalog) -> bool | None:
    """Whether the person took what they should not have; None where nothing of the catalogue was taken."""
    if not _has_need(episode) or episode.accepted is None or not catalog.find([episode.accepted]):
        return None
    return taken_early(episode, member, catalog) is not None


def honesty_measures(episode: Episode, member: Member, clues: Clues, hearing: Hearing) -> Measures:
    """leak, contradiction and early_accept of an episode: 1, 0 or None for unscored."""
    catalog = hearing.linker.catalog
    found = {
        "leak": leaks(episode, member, catalog, clues),
        "contradiction": contradicts(episode, member, hearing),
        "early_accept": accepts_early(episode, member, catalog),
    }
    return {name: None if value is None else float(value) for name, value in found.items()}


def honesty_figures(episodes: Iterable[Episode], seed: int = 0) -> dict[Key, dict[str, Figure]]:
    """The three rates of every kind of user and system, from the episodes' measures: means over members."""
    held = {key: {name: scores(cell, name) for name in MEASURES} for key, cell in cells(episodes).items()}
    return {
        key: {name: mean(list(of.values()), seed) for name, of in named.items() if of} for key, named in held.items()
    }


def honesty_metrics(episodes: Iterable[Episode], seed: int = 0) -> dict[str, Any]:
    """{"metrics": {"USER/SYSTEM/RATE": {value, low, high, n}}}."""
    figures = honesty_figures(episodes, seed)
    return {
        "metrics": {f"{k.user}/{k.system}/{n}": f.model_dump() for k, held in figures.items() for n, f in held.items()}
    }


def honesty_table(episodes: Iterable[Episode], seed: int = 0) -> Table:
    """One row a kind of user and system: each rate with its interval and the members it is over."""
    from rich.table import Table

    table = Table(title="Honesty of the simulated people", title_justify="left")
    for name in ("user", "system", *MEASURES):
        table.add_column(name.replace("_", " "), justify="right" if name in MEASURES else "left")
    for key, held in honesty_figures(episodes, seed).items():
        table.add_row(key.user, key.system, *(_rate(held.get(name)) for name in MEASURES))
    return table


def _broken(wish: Preference, target: Item, schema: CatalogSchema) -> bool:
    """Whether the target breaks a wish, whatever the field that a value was understood to be of."""
    if verdict(wish, target, schema) != "failed":
        return False
    held = {normalise(str(v)) for f in schema.fields if f.type in {"category", "people"} for v in target.values(f.name)}
    return wish.polarity == "avoid" or not any(normalise(str(v)) in held for v in wish.values)


def _has_need(episode: Episode) -> bool:
    """Whether the person goes by the member's need: a target-free one has no item in mind and no wishes to keep."""
    return episode.user != "taste"


def _deliberate(exchanges: Sequence[Exchange], place: int) -> bool:
    """Whether a message may say something else than the need, or is corrected in the next."""
    following = exchanges[place + 1].acts if place + 1 < len(exchanges) else ()
    asked = exchanges[place - 1].asked if place else None
    named = asked is not None and asked.kind == "which_item"
    return named or bool(DELIBERATE & set(exchanges[place].acts)) or "change" in following


def _rate(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.value:.1%} [{figure.low:.1%}, {figure.high:.1%}] (n={figure.n})"
