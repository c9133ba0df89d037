"""How a simulated person puts things: a small grammar over templates, with hedges and slips, drawn by seed."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from core.schema import CatalogSchema, FieldSpec
from core.values import Scalar
from simulation.tasks import Constraint

HEDGED = 0.12
"""Share of wishes that come with a filler such as "I guess"; it takes nothing from them."""
SLIPS = 0.03
"""Share of the longer words of a template that are mistyped; never a value or a number."""
LONGER = 5
"""Letters from which on a word may be mistyped."""
PLAIN = frozenset({"agrees", "refuses", "right_guess", "wrong_guess"})
"""Answers that are graded word by word."""
_BOUNDS = {">=": "at_least", ">": "at_least", "<=": "at_most", "<": "at_most"}
_REFUSING = frozenset({"not_contains", "not_in", "!="})
_WORD_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


@lru_cache(maxsize=1)
def templates() -> Mapping[str, Any]:
    """The templates of wording.yaml by what they say."""
    return yaml.safe_load((Path(__file__).parent / "wording.yaml").read_text(encoding="utf-8"))  # type: ignore[no-any-return]


class Wording:
    """The voice of one person: the same seed says the same things."""

    def __init__(self, schema: CatalogSchema, chance: random.Random) -> None:
        self.schema = schema
        self.chance = chance

    def say(self, what: str, **parts: str) -> str:
        """One of the ways of saying `what`; a yes or a no is never mistyped."""
        chosen = self.chance.choice(templates()[what])
        return chosen if what in PLAIN else self._fill(chosen, **parts)

    def wish(self, constraint: Constraint) -> str:
        """A constraint in words: every number and value of it is in there, never as field = value."""
        spec = self.schema.field(constraint.field)
        said = self._number(constraint, spec) if spec.type == "number" else self._value(constraint, spec)
        if self.chance.random() < HEDGED:
            said = f"{said}, {self.chance.choice(templates()['hedge'])}"
        return said

    def soft(self, wish: str) -> str:
        """A wish that nothing is graded by; tasks write them as "prefers …", "hates …"."""
        verb, _, rest = wish.partition(" ")
        if verb in {"hates", "dislikes", "avoids"}:
            return f"I {verb.removesuffix('s')} {rest}"
        if verb in {"prefers", "likes", "loves", "enjoys", "wants", "appreciates"}:
            return self.say("soft", value=rest.removeprefix("something "))
        return self.say("soft", value=wish) if not verb.endswith("ing") else f"I'm {wish}"

    def wishes(self, constraints: Sequence[Constraint]) -> str:
        """Several constraints in one go."""
        said = [self.wish(c) for c in constraints]
        if len(said) > 1 and self.chance.random() < 0.4:
            return f"{', '.join(said[:-1])} and {said[-1]}"
        return self.chance.choice((", ", ", ", "; ", ". ")).join(said)

    def _value(self, constraint: Constraint, spec: FieldSpec) -> str:
        if spec.type == "flag":
            wanted = bool(constraint.values[0]) != (constraint.op in _REFUSING)
            return self.say("flag_yes" if wanted else "flag_no", field=spec.title)
        values = [self._spoken(v, spec) for v in constraint.values]
        if constraint.op in _REFUSING:
            return self.say("avoid", value=" or ".join(values), field=spec.title)
        if constraint.op == "contains_all":
            return self.say("all", value=" and ".join(values), field=spec.title)
        if len(values) > 1:
            return self.say("any", value=_either(values), field=spec.title)
        return self.say("want" if spec.role == "genre" else "any_single", value=values[0], field=spec.title)

    def _spoken(self, value: Scalar, spec: FieldSpec) -> str:
        """A value as it stands in the catalogue; kinds and moods are mostly said in small letters."""
        text = str(value)
        return text.lower() if spec.role in {"genre", "mood"} and self.chance.random() < 0.75 else text

    def _number(self, constraint: Constraint, spec: FieldSpec) -> str:
        style = spec.unit.style if spec.unit is not None else "plain"
        numbers = [self._amount(float(v), spec) for v in constraint.values]
        if constraint.op == "between":
            return self.say("between", low=numbers[0], high=numbers[1])
        if constraint.op in _BOUNDS:
            ways = templates()[_BOUNDS[constraint.op]]
            return self._fill(self.chance.choice(ways.get(style) or ways["plain"]), value=numbers[0], field=spec.title)
        return self.say("avoid" if constraint.op in _REFUSING else "any_single", value=numbers[0], field=spec.title)

    def _amount(self, value: float, spec: FieldSpec) -> str:
        plain = f"{value:g}"
        if spec.unit is None:
            return f"{plain} {spec.title}"
        match spec.unit.style:
            case "year":
                return str(int(value))
            case "score":
                return self.chance.choice((plain, plain, f"{plain} out of ten", f"{plain}/10"))
            case "duration":
                return self.chance.choice(_durations(int(value), spec.unit.name, spec.unit.plural))
        return f"{plain} {spec.unit.name if value == 1 else spec.unit.plural}"

    def _fill(self, template: str, **parts: str) -> str:
        known = {
            "noun": self.schema.noun.one,
            "nouns": self.schema.noun.many,
            "use": self.schema.consumption.bare[0],
        }
        return self._mistyped(template).format(**known, **parts)

    def _mistyped(self, template: str) -> str:
        return re.sub(r"(?<![{\w'’])[a-z]+(?![}\w'’])", self._slip, template)

    def _slip(self, match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < LONGER or self.chance.random() >= SLIPS:
            return word
        place = self.chance.randrange(1, len(word) - 1)
        match self.chance.randrange(3):
            case 0:
                return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            case 1:
                return word[:place] + word[place + 1 :]
        return word[:place] + word[place] + word[place:]


def _either(values: Sequence[str]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"


def _durations(amount: int, one: str, many: str) -> list[str]:
    """A length of time in units of which sixty make an hour."""
    said = [f"{amount} {many}", f"{amount} {many}"]
    hours, rest = divmod(amount, 60)
    if one != "minute" or not hours:
        return said
    if not rest:
        return [*said, f"{_WORD_NUMBERS.get(hours, hours)} hour{'s' if hours > 1 else ''}"]
    if rest == 30:
        half = "an hour and a half" if hours == 1 else f"{_WORD_NUMBERS.get(hours, hours)} and a half hours"
        said.append(half)
    return [*said, f"{hours}h{rest:02d}", f"{hours} hour{'s' if hours > 1 else ''} {rest}"]
