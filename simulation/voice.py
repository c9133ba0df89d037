"""The voice of a persona: wishes as in `wording`, and everything else people say, from a grammar of surface forms."""

from __future__ import annotations

import random
from collections.abc import Sequence

from core.schema import CatalogSchema
from simulation.grammar import Grammar, shipped
from simulation.personas import Persona
from simulation.tasks import Constraint
from simulation.wording import FIRST, Wording

PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
PLAIN_PERSONA = Persona()
CORE = "_core"
"""Of a rule with this ending a terse person says no more."""


class Voice(Wording):
    """How one person puts things; the same seed says the same."""

    def __init__(
        self, schema: CatalogSchema, chance: random.Random, persona: Persona = PLAIN_PERSONA, wording: str = FIRST
    ) -> None:
        super().__init__(schema, chance, "", wording)
        self.terse, self.chatty = persona.verbosity == "terse", persona.verbosity == "chatty"
        self.slips = persona.noise
        self.grammar: Grammar = shipped("voice")

    def names_liked(self, titles: Sequence[str]) -> str:
        """Items they like, by title."""
        listed = " and ".join([", ".join(titles[:-1]), titles[-1]]) if len(titles) > 1 else titles[0]
        return self._put("names_liked", titles=listed)

    def knows(self, title: str | None = None) -> str:
        """That something shown is known already; None: what was shown last."""
        used = self.schema.consumption.past[0]
        return self._put("knows", it=title or "that", used=used)

    def rejects(self) -> str:
        """That nothing shown is right, without a reason."""
        return self._put("rejects")

    def rejects_for(self, constraint: Constraint) -> str:
        """That nothing shown is right, because this is wanted."""
        return self._put("rejects_for", wish=self.wish(constraint))

    def critique(self, field: str, *, more: bool) -> str | None:
        """What was shown should have more, or less, of a field; None where the schema has no word for it."""
        way = "more" if more else "less"
        words = [w for w, direction in self.schema.field(field).comparatives.items() if direction == way]
        return self._put("critique", word=self.chance.choice(words)) if words else None

    def asks_about(self, field: str, place: int | None) -> str:
        """A question about a field of the item at a place of the slate, from 1; None: the only one."""
        it = "it" if place is None else f"the {PLACES[place - 1]} one"
        return self._put("asks_about", field=self.schema.field(field).title, it=it)

    def changes(self, old: Constraint, new: Constraint | None) -> str:
        """Another wish in the place of one that was said, or none."""
        if new is None:
            return self._put("withdraws", field=self.schema.field(old.field).title)
        return self._put("changes", wish=self.wish(new))

    def ignores(self) -> str:
        """A question goes unanswered."""
        return self._put("ignores")

    def keeps_looking(self) -> str:
        """Something was explained; it is still not right."""
        return self._put("keeps_looking")

    def takes(self, title: str, *, several: bool) -> str:
        """An item is taken: by its title where several were shown."""
        return self._put("takes_of", title=title) if several else self._put("takes_one")

    def gives_up(self) -> str:
        """They have had enough."""
        return self._put("gives_up")

    def leaves(self) -> str:
        """Nothing fits, and they leave it at that."""
        return self.say("leaves")

    def no_idea(self) -> str:
        """They cannot tell."""
        return self.say("no_idea")

    def indifferent(self) -> str:
        """They have no preference there."""
        return self.say("indifferent")

    def _put(self, rule: str, **parts: str) -> str:
        core = rule + CORE
        chosen = core if self.terse and core in self.grammar.rules else rule
        return self._sentences([self._fill(self.grammar.draw(chosen, self.chance), **parts)])
