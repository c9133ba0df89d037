"""How a simulated person puts things: a small grammar over templates, with hedges and slips, drawn by seed."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from core.errors import BadInput
from core.schema import CatalogSchema, FieldSpec
from core.values import Scalar
from simulation.amounts import amounts, decades, style
from simulation.tasks import Constraint

Form = Literal["pre", "part", "clause", "short"]

HEDGED = 0.12
"""Share of wishes that come with a filler such as "I guess"; it takes nothing from them."""
SLIPS = 0.03
"""Share of the longer words of a template that are mistyped; never a value or a number."""
LONGER = 5
"""Letters from which on a word may be mistyped."""
KEPT = frozenset({"nothing", "there"})
"""Words that are never mistyped: a slip turns them into another word that means something else."""
PLAIN = frozenset({"agrees", "refuses", "right_guess", "wrong_guess"})
"""Answers that are graded word by word."""
REFUSING = frozenset({"not_contains", "not_in", "!="})
"""Operators that forbid values."""
BOUNDS = {">=": "at_least", ">": "over", "<=": "at_most", "<": "under"}
_LINKS = re.compile(r"(?!.*\bto$)(?:by|with|from|in|on|about|\w+(?:ed|ing)\b).*")
"""Linking words of a schema that can follow a noun: "directed by", "set in"; not "who directed", "i have"."""


WORDINGS = Path(__file__).parent / "wordings"
FIRST = "first"


@lru_cache(maxsize=8)
def templates(wording: str = FIRST) -> Mapping[str, Any]:
    """The templates of a wording by what they say; `wording` is the name of one that ships, or a file of one's own.

    Raises BadInput for what is neither, and for a file that leaves something out.
    """
    file = WORDINGS / f"{wording}.yaml" if wording in shipped() else Path(wording)
    try:
        held = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise BadInput(
            f"There is no wording {wording!r} that could be read: {wrong}",
            f"Use {', '.join(shipped())}, or a YAML file with the keys of simulation/wordings/{FIRST}.yaml.",
        ) from wrong
    if wording != FIRST and (missing := sorted(set(templates()) - set(held or {}))):
        raise BadInput(f"The wording {wording!r} says nothing for: {', '.join(missing)}.", "Fill in these keys.")
    return held  # type: ignore[no-any-return]


def shipped() -> tuple[str, ...]:
    """Names of the wordings that ship, each written by somebody else."""
    return tuple(sorted(f.stem for f in WORDINGS.glob("*.yaml")))


class Wording:
    """The voice of one person: the same seed says the same things; `persona` tells how much it says."""

    def __init__(self, schema: CatalogSchema, chance: random.Random, persona: str = "", wording: str = FIRST) -> None:
        self.schema = schema
        self.chance = chance
        self.ways = templates(wording)
        told = {m for m, words in self.ways["manner"].items() if any(w in persona.lower() for w in words)}
        self.chatty = "chatty" in told and "terse" not in told
        self.terse = "terse" in told and "chatty" not in told
        self.neat = chance.random() < 0.3
        """Writes capitals and full stops."""
        self.slips = SLIPS

    def say(self, what: str, **parts: str) -> str:
        """One of the ways of saying `what`; a yes or a no is never mistyped."""
        return self._sentences([self._draw(what, **parts)])

    def open(self) -> str:
        """A first message that asks for anything."""
        return self._sentences([self._greeting() + self._draw("opening")])

    def request(self, constraints: Sequence[Constraint], *, first: bool = True) -> str:
        """A whole message that asks for an item with these wishes; a greeting and an aside only at first."""
        if self.terse and self.chance.random() < 0.5:
            return self.wishes(constraints)
        said: dict[Form, list[str]] = {"pre": [], "part": [], "clause": []}
        for constraint in self._joined(constraints):
            form = self._form(constraint, taken=bool(said["pre"]))
            wish = self._wish(constraint, form)
            said[form].append(self._hedged(wish) if form == "clause" else wish)
        head = self._draw("request", item=self._item(said["pre"], said["part"]))
        sentences = [(self._greeting() if first else "") + head, *said["clause"]]
        if first and self.chatty and self.chance.random() < 0.6:
            sentences.append(self._draw("aside"))
        return self._sentences(sentences)

    def _form(self, constraint: Constraint, *, taken: bool) -> Form:
        """Where a wish stands in a request; before the noun is room for one."""
        if not taken and "pre" in self.ways[self._kind(constraint)] and self.chance.random() < 0.6:
            return "pre"
        return self.chance.choice(("part", "part", "clause"))

    def wish(self, constraint: Constraint) -> str:
        """A constraint in words by itself: every number and value of it is in there, never as field = value."""
        return self._hedged(self._wish(constraint, self.chance.choice(("short", "short", "clause"))))

    def wishes(self, constraints: Sequence[Constraint]) -> str:
        """Several constraints in one go."""
        said = [self.wish(c) for c in self._joined(constraints)]
        if len(said) > 1 and self.chance.random() < 0.4:
            return f"{', '.join(said[:-1])} and {said[-1]}"
        return self.chance.choice((", ", ", ", "; ", ". ")).join(said)

    def answer(self, constraints: Sequence[Constraint]) -> str:
        """Several constraints as the answer to a question."""
        said = self.wishes(constraints)
        return said if self.terse else self.say("answer", wishes=said)

    def soft(self, wish: str) -> str:
        """A wish that nothing is graded by; tasks write them as "prefers …", "hates …"."""
        verb, _, rest = wish.partition(" ")
        if verb in {"hates", "dislikes", "avoids", "prefers", "likes", "loves", "enjoys", "appreciates"}:
            return self.say("soft_taste", verb=verb.removesuffix("s"), value=rest)
        if verb.endswith(("ing", "ed")):
            return f"I'm {wish}"
        return self.say("soft", value=rest.removeprefix("something ") if verb == "wants" else wish)

    def _draw(self, what: str, **parts: str) -> str:
        chosen = self.chance.choice(self.ways[what])
        return str(chosen) if what in PLAIN else self._fill(chosen, **parts)

    def _greeting(self) -> str:
        if self.terse or self.chance.random() < (0.2 if self.chatty else 0.5):
            return ""
        return self._draw("greeting") + self.chance.choice((", ", "! ", ", ", " "))

    def _item(self, pre: Sequence[str], parts: Sequence[str]) -> str:
        noun = self.schema.noun.one
        item = _with_article(f"{pre[0]} {noun}") if pre else self._draw("plain_item")
        for place, part in enumerate(parts):
            last = place == len(parts) - 1 and not part.startswith("but ")
            item += (self.chance.choice((", ", " ")) if not place else " and " if last else ", ") + part
        return item

    def _joined(self, constraints: Sequence[Constraint]) -> list[Constraint]:
        """The constraints, refusals last; a lower and an upper bound of one field are now and then said as a range."""
        joined = sorted(constraints, key=lambda c: c.op in REFUSING)  # "no A, B" would refuse both
        for low in [c for c in constraints if c.op == ">="]:
            high = next((c for c in joined if (c.field, c.op) == (low.field, "<=")), None)
            if high is not None and float(low.value) < float(high.value) and self.chance.random() < 0.6:  # type: ignore[arg-type]
                value = (low.values[0], high.values[0])
                joined[joined.index(low)] = low.model_copy(update={"op": "between", "value": value})
                joined.remove(high)
        return joined

    def _hedged(self, said: str) -> str:
        if self.terse or self.chance.random() >= HEDGED:
            return said
        return f"{said}, {self.chance.choice(self.ways['hedge'])}"

    def _kind(self, constraint: Constraint) -> str:
        """Which templates say it."""
        spec, op = self.schema.field(constraint.field), constraint.op
        if spec.type == "number":
            return BOUNDS.get(op) or {"between": "between"}.get(op) or ("other_than" if op in REFUSING else "exactly")
        if spec.type == "flag":
            return "flag_yes" if bool(constraint.values[0]) != (op in REFUSING) else "flag_no"
        if op in REFUSING:
            return "avoid_people" if spec.type == "people" else "avoid"
        if op == "contains_all" and len(constraint.values) > 1:
            return "all"
        if spec.type in {"people", "text"}:
            return "creator" if spec.role == "creator" else str(spec.type)
        return {"genre": "genre", "mood": "genre", "availability": "available"}.get(spec.role or "", "category")

    def _wish(self, constraint: Constraint, form: Form) -> str:
        spec, kind = self.schema.field(constraint.field), self._kind(constraint)
        if spec.type == "number":
            return self._number(constraint, spec, self.ways[kind][style(spec)], form)
        if spec.type == "flag":
            return self._fill(self.chance.choice(self.ways[kind][form]), value=spec.title)
        joint = " and " if kind == "all" else " or "
        value = _listed([self._spoken(v, spec) for v in constraint.values], joint)
        links = [w for w in spec.linked_by if _LINKS.fullmatch(w) and (spec.type == "people" or " " not in w)]
        if links and kind in {"category", "people", "creator"} and self.chance.random() < 0.5:
            ways = self.ways["linked"][form]
            return self._fill(self.chance.choice(ways), link=self.chance.choice(links), value=value)
        return self._fill(self.chance.choice(self.ways[kind][form]), value=value, field=spec.title)

    def _spoken(self, value: Scalar, spec: FieldSpec) -> str:
        """A value as it stands in the catalogue; kinds and moods are mostly said in small letters."""
        text = str(value)
        return text.lower() if spec.role in {"genre", "mood"} and self.chance.random() < 0.75 else text

    def _number(self, constraint: Constraint, spec: FieldSpec, ways: Mapping[str, Any], form: Form) -> str:
        parts = self._amounts(constraint, spec) | {"field": spec.title}
        if form != "part" and self.chance.random() < 0.4:
            return self._fill(self.chance.choice(ways["says"]), **parts)
        fits = self._fill(self.chance.choice(ways["fits"]), **parts)
        return self._fill(self.chance.choice(self.ways["frames"][style(spec)][form]), q=fits, field=spec.title)

    def _amounts(self, constraint: Constraint, spec: FieldSpec) -> dict[str, str]:
        values = [self.chance.choice(amounts(v, spec)) for v in constraint.values]
        if constraint.op == "between":
            return {"low": values[0], "high": values[1]}
        if style(spec) == "year" and constraint.op in BOUNDS and self.chance.random() < 0.25:
            year = int(constraint.values[0]) - (9 if constraint.op in {"<=", ">"} else 0)
            values = [self.chance.choice(decades(year, None) or values)]
        return {"value": _listed(values, " or ")}

    def _fill(self, template: str, **parts: str) -> str:
        noun = self.schema.noun
        known = {
            "noun": noun.one,
            "nouns": noun.many,
            "a_noun": _with_article(noun.one),
            "use": self.schema.consumption.bare[0],
        }
        return re.sub(r"(?<![{\w'’])[a-z]+(?![}\w'’])", self._slip, template).format(**known | parts)

    def _sentences(self, said: Sequence[str]) -> str:
        """Sentences in a row, with capitals and full stops when the person writes them."""
        text = ""
        for sentence in said:
            start = sentence[:1].upper() + sentence[1:] if self.neat else sentence
            text += (" " if text[-1:] in {"?", "!"} else ". " if text else "") + start
        return f"{text}." if self.neat and text[-1:].isalnum() else text

    def _slip(self, match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < LONGER or word in KEPT or self.chance.random() >= self.slips:
            return word
        place = self.chance.randrange(1, len(word) - 1)
        match self.chance.randrange(3):
            case 0:
                return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
            case 1:
                return word[:place] + word[place + 1 :]
        return word[:place] + word[place] + word[place:]


def _with_article(words: str) -> str:
    return f"{'an' if words[:1].lower() in 'aeiou' else 'a'} {words}"


def _listed(values: Sequence[str], joint: str) -> str:
    return joint.join([", ".join(values[:-1]), values[-1]]) if len(values) > 1 else values[0]
