"""How people speak, in figures: real seekers of the ReDial dialogues beside the simulated people of a run.

The unit is a turn: messages in a row by the same person are one. The opening is the first message that does more than
greet. Averages are over dialogues, each figure with its interval.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.items import Item
from core.values import Value
from evaluation.distances import Counts, apart, histogram, jensen_shannon, kolmogorov_smirnov, noise
from evaluation.experiment.episodes import Episode, ShownItem
from evaluation.heard import ACTS, HeardAct, HeardMessage, Planner, hear
from evaluation.metrics import Figure, mean
from evaluation.variety import VARIETY_WORDS, distinct
from simulation.redial import BadLine, Message, RedialDialogue, read_redial, title_and_year

if TYPE_CHECKING:
    from rich.table import Table

Figures = dict[str, Figure]
MOST_WORDS = 120
"""Words of a message, and messages of a dialogue, beyond which lengths count alike in a distance."""
REASONS: tuple[HeardAct, ...] = ("wish", "critique", "opinion")


class Language(Value):
    """Everything one side said, dialogue by dialogue."""

    dialogues: tuple[tuple[HeardMessage, ...], ...]
    bad_lines: tuple[BadLine, ...] = ()


def language_of_redial(path: Path, planner: Planner, *, most: int | None = None, seed: int = 0) -> Language:
    """What the seekers of a ReDial file say; `most`: so many dialogues, drawn by seed, in the order of the file.

    Items are heard by their titles without years. Raises BadInput for a file that cannot be opened.
    """
    bad: list[BadLine] = []
    dialogues = list(read_redial(path, bad.append))
    if most is not None and most < len(dialogues):
        drawn = random.Random(seed).sample(range(len(dialogues)), most)  # noqa: S311 - reproducible, not secret
        dialogues = [dialogues[n] for n in sorted(drawn)]
    heard = (_seeker(d, planner) for d in dialogues)
    return Language(dialogues=tuple(h for h in heard if h), bad_lines=tuple(bad))


def language_of_episodes(episodes: Iterable[Episode], planner: Planner) -> Language:
    """What the simulated people of a run say, their parting words among it."""
    heard = (_simulated(e, planner) for e in episodes)
    return Language(dialogues=tuple(h for h in heard if h))


def language_figures(language: Language, seed: int = 0) -> Figures:
    """The figures of one side; those that nothing was said for are left out."""
    held = language.dialogues
    openings = [next((m for m in d if not m.only_greets), None) for d in held]
    opened = [m for m in openings if m is not None]
    down = [m for d in held for m in d if m.does("rejects")]
    values: dict[str, Sequence[float]] = {
        "turns": [len(d) for d in held],
        "words_first": [m.words for m in opened],
        "words_later": _means(held, lambda m: m.words, later=True),
        "greets_first": [d[0].only_greets for d in held],
        "opening_names_item": [m.does("names_item") for m in opened],
        "opening_wishes": [m.wishes for m in opened],
        "wishes_per_message": _means(held, lambda m: m.wishes),
        "wishes_per_dialogue": [sum(m.wishes for m in d) for d in held],
        "dialogues_rejecting": [any(m.does("rejects") for m in d) for d in held],
        "rejections_with_reason": [any(m.does(r) for r in REASONS) for m in down],
        "words_rejecting": [m.words for m in down],
        **{f"act/{act}": _means(held, lambda m, act=act: act in m.acts) for act in ACTS},  # type: ignore[misc]
    }
    figures = {name: mean(list(map(float, v)), seed) for name, v in values.items() if v}
    texts = [[m.text for m in d] for d in held]
    variety = {f"distinct_{n}": distinct(texts, n, seed) for n in (1, 2)}
    return figures | {name: figure for name, figure in variety.items() if figure is not None}


def language_distances(real: Language, other: Language, seed: int = 0) -> Figures:
    """How far the other side lies from the real one; `noise/…`: two halves of the real side from each other."""
    if not real.dialogues or not other.dialogues:
        return {}
    figures = {}
    for name, count in _HISTOGRAMS.items():
        distance = jensen_shannon if name == "acts_divergence" else kolmogorov_smirnov
        mine = count(real)
        figures[name] = apart(distance, mine, count(other), seed)
        if (floor := noise(distance, mine, seed)) is not None:
            figures[f"noise/{name}"] = floor
    return figures


def language_metrics(real: Language, others: Mapping[str, Language], seed: int = 0) -> dict[str, Any]:
    """{"metrics": {NAME: {value, low, high, n}}}, names led by "real/" or the other side's name."""
    named = {f"real/{n}": f for n, f in language_figures(real, seed).items()}
    for side, language in others.items():
        both = language_figures(language, seed) | language_distances(real, language, seed)
        named |= {f"{side}/{n}": f for n, f in both.items()}
    return {"metrics": {name: figure.model_dump() for name, figure in named.items()}}


def language_table(real: Language, others: Mapping[str, Language], seed: int = 0) -> Table:
    """One column a side, the real one first; below the figures the distances from the real side."""
    from rich.table import Table

    table = Table(title=f"How people speak ({VARIETY_WORDS} words for distinct n-grams)", title_justify="left")
    for name in ("", f"real (n={len(real.dialogues)})", *(f"{k} (n={len(v.dialogues)})" for k, v in others.items())):
        table.add_column(name, justify="right" if name else "left")
    columns = [language_figures(side, seed) for side in (real, *others.values())]
    for name in columns[0] | {n: None for c in columns[1:] for n in c}:
        table.add_row(name.replace("_", " "), *(_shown(c.get(name)) for c in columns))
    table.add_section()
    far = [language_distances(real, side, seed) for side in others.values()]
    for name in _HISTOGRAMS:
        floor = next((d.get(f"noise/{name}") for d in far), None)
        table.add_row(
            f"{name.replace('_', ' ')} (real: halves)", _shown(floor, 3), *(_shown(d.get(name), 3) for d in far)
        )
    return table


def _seeker(dialogue: RedialDialogue, planner: Planner) -> tuple[HeardMessage, ...]:
    turns = dialogue.turns
    return tuple(
        hear(planner, dialogue.spoken(turn.text), _suggested(dialogue, turns[place - 1] if place else None))
        for place, turn in enumerate(turns)
        if turn.by_seeker
    )


def _suggested(dialogue: RedialDialogue, before: Message | None) -> list[Item]:
    """The items named in the turn before."""
    named = before.items if before is not None else ()
    titles = {i: title_and_year(dialogue.titles[i])[0] for i in named if i in dialogue.titles}
    return [Item(id=i, title=t, fields={}) for i, t in titles.items()]


def _simulated(episode: Episode, planner: Planner) -> tuple[HeardMessage, ...]:
    heard, shown = [], list[ShownItem]()
    for exchange in episode.exchanges:
        heard.append(hear(planner, exchange.said, _items(shown)))
        shown = list(exchange.slate)
    if episode.last_word:
        heard.append(hear(planner, episode.last_word, _items(shown)))
    return tuple(heard)


def _items(shown: Iterable[ShownItem]) -> list[Item]:
    return [Item(id=i.id, title=i.title, fields={}) for i in shown]


def _means(
    dialogues: Sequence[Sequence[HeardMessage]], what: Callable[[HeardMessage], float], *, later: bool = False
) -> list[float]:
    """The mean over the messages of each dialogue, perhaps without the first."""
    held = [d[later:] for d in dialogues]
    return [sum(map(what, d)) / len(d) for d in held if d]


def _acts(language: Language) -> Counts:
    return histogram([[ACTS.index(a) for m in d for a in m.acts] for d in language.dialogues], len(ACTS))


def _words(language: Language) -> Counts:
    return histogram([[m.words for m in d] for d in language.dialogues], MOST_WORDS)


def _wishes(language: Language) -> Counts:
    return histogram([[m.wishes for m in d] for d in language.dialogues], MOST_WORDS)


def _turns(language: Language) -> Counts:
    return histogram([[len(d)] for d in language.dialogues], MOST_WORDS)


_HISTOGRAMS: Mapping[str, Callable[[Language], Counts]] = {
    "acts_divergence": _acts,
    "words_distance": _words,
    "wishes_distance": _wishes,
    "turns_distance": _turns,
}


def _shown(figure: Figure | None, places: int = 2) -> str:
    return "" if figure is None else f"{figure.value:.{places}f} [{figure.low:.{places}f}, {figure.high:.{places}f}]"
