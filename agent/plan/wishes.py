"""The reader of what is wished for: each mention's part in the sentence, and the wishes or the critique it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.plan.comparisons import comparative, relative, superlative_wishes
from agent.plan.conditions import phrase_wishes, value_wishes
from agent.plan.cues import Cue
from agent.plan.joining import Placed, closed_lists, merged_or
from agent.plan.meanings import leaning, likeness
from agent.plan.mention import LISTABLE, Mention
from agent.plan.mention_roles import cue_for, role_of
from agent.plan.reading import Reading
from agent.plan.roles import Role
from agent.plan.strengths import sureness
from agent.plan.thresholds import number_wishes, vague_wishes
from core.plan import Critique, Wish
from tools.catalog.columns import Column

_NO_WISH: frozenset[Role] = frozenset(
    {"aside", "asked", "compared", "taken", "passed", "seen", "unseen", "back", "indifferent"}
)

_LOOSE = frozenset({"vague", "comparative", "superlative"})
"""Kinds of mentions that bound a number without naming one."""
_SIDES = {"lt": "upper", "le": "upper", "gt": "lower", "ge": "lower"}

_ASKED: frozenset[Role] = frozenset({"asked", "aside", "compared"})
"""Roles of what a count is asked of."""


@dataclass(frozen=True)
class WishReader:
    """Reads the wishes of messages in one catalogue."""

    columns: Mapping[str, Column]

    def read(
        self, reading: Reading, skip: frozenset[int] = frozenset(), *, asked: bool = False
    ) -> tuple[list[Wish], list[Critique], set[int]]:
        """Wishes, critiques, and the positions of the mentions they were made of; `skip` mentions are left alone.

        With `asked`, what is only asked about counts as wished for: "how many comedies do you have?".
        """
        placed: list[Placed] = []
        critiques: list[Critique] = []
        used: set[int] = set()
        vague: list[Wish] = []
        previous: tuple[int, Cue | None] | None = None
        listed = closed_lists(reading)
        for place, mention in enumerate(reading.mentions):
            if place in skip or mention.kind in {"title", "ref"}:
                continue
            if mention.kind == "word":
                made: list[Wish] | Critique = likeness(reading, mention) or []
            else:
                cue = reading.cues.negation_of(mention.start, previous, listable=mention.kind in LISTABLE)
                previous = (mention.end, cue)
                if cue is not None and place in listed:
                    made = self._refused(reading, mention, cue)
                else:
                    made = self._made(reading, mention, cue, [p.wish for p in placed], asked=asked)
            if isinstance(made, Critique):
                critiques.append(made)
                used.add(place)
            elif made:
                vague += made if mention.kind in _LOOSE else []
                placed += [Placed(w, mention.start, mention.end) for w in made]
                used.add(place)
        exact = [p.wish for p in placed if p.wish.field is not None and p.wish not in vague]
        said = [p for p in placed if p.wish not in vague or not _told_exactly(p.wish, exact)]
        said = [p for p in said if not _of_a_kind(p, said)]
        critiques = [c for c in critiques if not _told_exactly(c, exact)]
        return _agreeing(_tightest(_without_refused(merged_or(reading, said)))), critiques, used

    def wishes_of(self, reading: Reading, mention: Mention) -> list[Wish]:
        """The wishes one mention stands for when nothing refuses it."""
        made = self._meant(reading, mention, None, None)
        return [] if isinstance(made, Critique) else made

    def _made(
        self, reading: Reading, mention: Mention, cue: Cue | None, before: list[Wish], *, asked: bool
    ) -> list[Wish] | Critique:
        """What a mention comes to, as strongly as it is put; nothing where it plays no part in what is wished for."""
        cue = cue or reading.cues.refused_behind(mention.end)
        role = role_of(reading, mention, cue)
        if asked and role in _ASKED:
            role = "avoid" if cue else "want"
        if role in _NO_WISH:
            return []
        cue, lean = cue_for(role, mention, cue, reading), leaning(reading, mention, before)
        made = relative(reading, mention, role) or self._meant(reading, mention, cue, lean)
        if isinstance(made, Critique):
            return made
        put = {"confidence": sureness(reading, mention), **({"strength": "soft"} if role == "like" else {})}
        return [w.model_copy(update=put) for w in made]

    def _refused(self, reading: Reading, mention: Mention, cue: Cue) -> list[Wish] | Critique:
        """What a later member of a refused list comes to; the whole list is refused, whatever its last word is like."""
        made = self._meant(reading, mention, cue, None)
        if isinstance(made, Critique):
            return made
        return [w.model_copy(update={"confidence": sureness(reading, mention)}) for w in made]

    def _meant(self, reading: Reading, mention: Mention, cue: Cue | None, lean: str | None) -> list[Wish] | Critique:
        match mention.kind:
            case "number":
                return number_wishes(reading, mention, cue)
            case "phrase":
                return phrase_wishes(reading, mention, cue)
            case "vague":
                return vague_wishes(self.columns, reading, mention, cue)
            case "comparative":
                return comparative(self.columns, reading, mention, cue)
            case "superlative":
                return superlative_wishes(self.columns, reading, mention)
            case "value":
                return value_wishes(reading, mention, cue, lean)
        return []


def _of_a_kind(refused: Placed, said: list[Placed]) -> bool:
    """Whether only one kind of what is wanted is refused: "funny, but not clever funny"."""
    if refused.wish.polarity != "avoid":
        return False
    wanted = any(
        p.wish.polarity == "want" and (p.wish.field, p.wish.value) == (refused.wish.field, refused.wish.value)
        for p in said
    )
    return wanted and any(p.wish.polarity == "avoid" and p.end == refused.start for p in said)


def _without_refused(wishes: list[Wish]) -> list[Wish]:
    """Without wishes for what the same message refuses: "NOT sad! You keep giving me sad ones"."""
    refused = {
        (w.field, v)
        for w in wishes
        if w.polarity == "avoid" and w.op == "any_of" and isinstance(w.value, tuple)
        for v in w.value
    }
    return [
        w
        for w in wishes
        if w.polarity == "avoid"
        or not (isinstance(w.value, tuple) and w.value and all((w.field, v) in refused for v in w.value))
    ]


def _told_exactly(loose: Wish | Critique, exact: list[Wish]) -> bool:
    """Whether a bound in numbers says what an adjective only hints at: "too new, 1990 or before", "top rated, 8.5 up".

    A critique next to an item named stays, and so does one towards the other side: "longer, but under 400 pages".
    """
    if isinstance(loose, Critique):
        item = loose.anchor is not None and (loose.anchor.title is not None or loose.anchor.ordinal is not None)
        side = {"more": "lower", "less": "upper"}.get(loose.direction) if not item else None
        return side is not None and any(w.field == loose.field and _side(w) in {side, "both"} for w in exact)
    return any(w.field == loose.field and _side(w) is not None for w in exact)


def _side(wish: Wish) -> str | None:
    """The side on which a wish bounds a number: "upper", "lower" or "both"; None where it bounds none."""
    if wish.polarity == "avoid":
        return None
    return _SIDES.get(wish.op) or ("both" if wish.op in {"between", "eq"} else None)


def _agreeing(wishes: list[Wish]) -> list[Wish]:
    """Of two bounds that no number meets, the last one said: "she reads those big sagas, so nothing enormous"."""
    kept: list[Wish] = []
    for wish in wishes:
        against = {"upper": "lower", "lower": "upper"}.get(_side(wish) or "")
        kept = [k for k in kept if k.field != wish.field or _side(k) != against or not _apart(k, wish)]
        kept.append(wish)
    return kept


def _apart(one: Wish, other: Wish) -> bool:
    """Whether no number lies within both of two bounds on opposite sides."""
    low, high = (one, other) if _side(one) == "lower" else (other, one)
    if not isinstance(low.value, int | float) or not isinstance(high.value, int | float):
        return False
    return low.value > high.value or (low.value == high.value and (high.op == "lt" or low.op == "gt"))


def _tightest(wishes: list[Wish]) -> list[Wish]:
    """Of several bounds on one side of a field, the last one said."""
    last = {(w.field, _SIDES[w.op]): n for n, w in enumerate(wishes) if w.op in _SIDES and w.polarity == "want"}
    return [
        w for n, w in enumerate(wishes) if last.get((w.field, _SIDES.get(w.op, "")), n) == n or w.polarity == "avoid"
    ]
