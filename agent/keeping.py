"""Keeping to what was said: what the rules plainly read in a message holds where a model's plan passes it over.

The rules read less than a model, but nobody can talk them out of it. A hard wish, and an item said to be known or not
to be liked, enters the ledger also when the model leaves it out, reads the opposite, or makes it weaker.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.ledger import span
from core.plan import Heard, ItemOpinion, TurnPlan, Wish
from core.preferences import Preference
from core.turn import Conversation
from tools.linking.linker import Linker
from tools.text import normalise, terms

SURE = 1.0
"""Confidence of the rules in what they read, from which on it is kept."""


def with_what_was_said(
    plan: TurnPlan, spoken: TurnPlan, conversation: Conversation, linker: Linker
) -> tuple[TurnPlan, tuple[str, ...]]:
    """The plan with what the rules read in the message (`spoken`) and it passes over; and the names of that.

    Only where the rules read a request: what a question is about is no wish.
    """
    if spoken.act.kind not in {"recommend", "ask"} or spoken.heard.answer is not None or plan.heard.travel is not None:
        return plan, ()
    wishes = tuple(w for w in spoken.heard.wishes if _binds(w) and not _heard(w, plan.heard, linker))
    opinions = tuple(_unheard(spoken.heard.opinions, plan.heard, conversation, linker))
    if not wishes and not opinions:
        return plan, ()
    heard = plan.heard.model_copy(
        update={"wishes": (*plan.heard.wishes, *wishes), "opinions": (*plan.heard.opinions, *opinions)}
    )
    schema = linker.catalog.schema
    names = [p.label(schema) for w in wishes if (p := linker.preference(w, 0)) is not None]
    names += [f"{o.stance} {o.item.title or 'by its place'}" for o in opinions]
    return plan.model_copy(update={"heard": heard}), tuple(names)


def _binds(wish: Wish) -> bool:
    return wish.strength == "hard" and wish.field is not None and wish.confidence >= SURE


def _heard(wish: Wish, heard: Heard, linker: Linker) -> bool:
    """Whether a plan heard this wish: as it is or stricter, or else says that its words were not understood."""
    said = linker.preference(wish, 0)
    if said is None:
        return True
    key = normalise(wish.quote)
    if key and any(key in normalise(words) for words in heard.not_understood):
        return True
    if said.polarity == "want" and any(c.field == wish.field for c in heard.critiques):
        return True
    made = [p for w in heard.wishes if (p := linker.preference(w, 0)) is not None]
    return any(_covers(p, said) or _refuses(p, said) for p in made)


def _refuses(made: Preference, said: Preference) -> bool:
    """Whether a plan refuses what the rules take for wanted: of two readings the one that shows less harm stands."""
    opposed = made.polarity == "avoid" and said.polarity == "want" and made.field == said.field
    return opposed and bool(set(made.values) & set(said.values))


def _covers(made: Preference, said: Preference) -> bool:
    if made.polarity != said.polarity:
        return False
    strict = made.hard or (said.polarity == "want" and not _numeric(said))
    if made.field != said.field:  # the same words read as another field of the catalogue
        same = _words(made) >= _words(said) or (
            bool(terms(said.quote)) and set(terms(said.quote)) <= set(terms(made.quote))
        )
        return strict and same and (made.field is not None or said.polarity == "want")
    if _numeric(made) and _numeric(said):
        (low, high), (least, most) = span(made), span(said)
        within = least <= low and high <= most
        return strict and (within if said.polarity == "want" else made.value == said.value)
    if said.polarity == "avoid":
        return strict and set(said.values) <= set(made.values) and made.op in {said.op, "any_of"}
    return bool(set(said.values) & set(made.values))


def _unheard(
    spoken: Iterable[ItemOpinion], heard: Heard, conversation: Conversation, linker: Linker
) -> Iterable[ItemOpinion]:
    """Items plainly said to be known or not liked that a plan says nothing of."""
    known = {row for o in heard.opinions for row in linker.resolve(o.item, conversation).rows}
    for opinion in spoken:
        found = linker.resolve(opinion.item, conversation)
        if (
            opinion.stance in {"seen", "disliked"}
            and found.rows
            and not found.ambiguous
            and not set(found.rows) & known
        ):
            yield opinion


def _numeric(preference: Preference) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in preference.values)


def _words(preference: Preference) -> set[str]:
    return {term for value in preference.values for term in terms(str(value))}
