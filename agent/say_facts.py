"""Facts in words: answers to questions about items, each read off the outcome's own items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.outcome import (
    Absent,
    Checked,
    Compared,
    Counted,
    LookedUp,
)
from agent.profile.apply import from_profile
from agent.reasons import liking
from agent.wording import COUNT_WORDS, capital, listed, ordinal, refuses, small, subject
from core.items import Item
from core.preferences import Preference, quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import ReceiptLine, Recommendation
from core.values import Scalar

_RULES = {
    "confirm_first": "I must ask you before I show it",
    "available": "it is not on anything you have",
    "not_liked": "you named it as one you like",
}


@dataclass(frozen=True)
class FactWriter:
    """Writes answers about items of one catalogue."""

    schema: CatalogSchema

    def labels(self, preferences: Sequence[Preference]) -> str:
        """Preferences as a short list."""
        return ", ".join(p.label(self.schema) for p in preferences)

    def description(self) -> str:
        """Name of the field that describes an item; empty when there is none."""
        spec = self.schema.role("description")
        return spec.name if spec else ""

    def looked_up(self, outcome: LookedUp) -> str:
        """Facts asked for."""
        if outcome.overview:
            return "\n\n".join(self._overview(item) for item in outcome.items)
        lines = []
        for item in outcome.items:
            said = [self._fact(f.field, f.values) for f in outcome.facts if f.item.id == item.id]
            lines.append(f"**{item.title}**: {'; '.join(said)}.")
        return "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else "".join(lines)

    def _overview(self, item: Item) -> str:
        """What somebody would say of it in two sentences: what it is, and the facts its card shows."""
        text = next((str(v) for v in item.values(self.description())), "") if self.description() else ""
        specs = [s for s in (self.schema.role("release"), self.schema.role("length")) if s is not None]
        key = ", ".join(quantity(v, s) for s in specs for v in item.values(s.name)[:1])
        told = [self._card_fact(s, item.values(s.name)) for s in self._on_card() if item.values(s.name)]
        facts = capital("; ".join(told))
        return f"**{item.title}**{f' ({key})' if key else ''} — {text or 'the catalogue does not describe it.'}" + (
            f" {facts}." if facts else ""
        )

    def _on_card(self) -> list[FieldSpec]:
        """The fields of an overview: those of the card, and people; release and length stand by the title."""
        apart = {"release", "length", "title", "description", "quality", "popularity", "sponsored"}
        return [s for s in self.schema.fields if s.role not in apart and (s.card or s.type == "people")]

    def _card_fact(self, spec: FieldSpec, values: Sequence[Scalar]) -> str:
        words = ", ".join(quantity(v, spec) for v in values[:4])
        return words.lower() if spec.role in {"genre", "mood"} else f"{spec.title} {words}"

    def _fact(self, field: str, values: Sequence[Scalar]) -> str:
        spec = self.schema.field(field)
        if not values:
            return f"the catalogue does not say its {spec.title}"
        if spec.type == "text":
            return str(values[0]).rstrip(".")
        return f"{spec.title} {self._values(spec, values)}"

    @staticmethod
    def _values(spec: FieldSpec, values: Sequence[Scalar]) -> str:
        words = ", ".join(quantity(v, spec) for v in values)
        return f"{words} ({spec.note})" if spec.note else words

    def checked(self, outcome: Checked) -> str:
        """Wishes held against items, with how many meet them all."""
        lines = []
        for item, receipt in zip(outcome.items, outcome.receipts, strict=True):
            verdicts = "; ".join(_verdict(line) for line in receipt)
            lines.append(f"**{item.title}**: {verdicts}.")
        if len(lines) <= 1:
            return "".join(lines)
        fit = sum(all(line.verdict == "passed" for line in receipt) for receipt in outcome.receipts)
        unsure = sum(any(line.verdict == "unknown" for line in receipt) for receipt in outcome.receipts)
        if not fit and unsure:
            opening = "I cannot tell of any of them." if unsure == len(lines) else "None that I can tell."
            return "\n".join([opening, "", *(f"- {line}" for line in lines)])
        count = "None" if not fit else "All" if fit == len(lines) else COUNT_WORDS.get(fit, str(fit))
        opening = f"{count} of the {small(len(lines))}." if fit < len(lines) else f"All {small(len(lines))}."
        if len(lines) == 2 and fit != 1:
            opening = "Both." if fit else "Neither."
        return "\n".join([opening, "", *(f"- {line}" for line in lines)])

    def compared(self, outcome: Compared) -> str:
        """Items side by side, or the one that is most or least."""
        if outcome.superlative and outcome.fields:
            spec = self.schema.field(outcome.fields[0])
            best = [i for i in outcome.items if i.id in outcome.winners]
            if outcome.among is not None and not best:
                what = f" with {self.labels(outcome.preferences)}" if outcome.preferences else ""
                return f"The catalogue has no {self.schema.noun.one}{what} whose {spec.title} it says."
            if outcome.among is not None:
                return self._most(outcome, spec, best)
            if not best:
                return f"The catalogue does not say the {spec.title} of any of them."
            names = " and ".join(f"**{i.title}**" for i in best)
            rest = ", ".join(f"{i.title} {self._known(spec, i)}" for i in outcome.items if i not in best)
            return f"{names}: {spec.title} {self._known(spec, best[0])}." + (f" ({rest}.)" if rest else "")
        header = _row(["", *(f"**{i.title}**" for i in outcome.items)])
        specs = [self.schema.field(f) for f in outcome.fields]
        rows = [_row([s.title, *(self._known(s, i) for i in outcome.items)]) for s in specs]
        return "\n".join([header, "|---" * (len(outcome.items) + 1) + "|", *rows])

    def _most(self, outcome: Compared, spec: FieldSpec, best: Sequence[Item]) -> str:
        what = f" with {self.labels(outcome.preferences)}" if outcome.preferences else ""
        noun = self.schema.noun.one if outcome.among == 1 else self.schema.noun.many
        names = listed([f"**{i.title}**" for i in best])
        rest = [f"{i.title} ({self._known(spec, i)})" for i in outcome.items if i not in best]
        after = f" Next: {', '.join(rest)}." if rest else ""
        return f"Of {outcome.among:,} {noun}{what}: {names}, {self._known(spec, best[0])}.{after}"

    def _known(self, spec: FieldSpec, item: Item) -> str:
        values = item.values(spec.name)
        return self._values(spec, values) if values else "not said"

    def explained(self, slate: Sequence[Recommendation]) -> list[str]:
        """Why items were shown, from their receipts: what all of them meet once, then each with its own."""
        shared = self._shared(slate) if len(slate) > 1 else []
        common = {line.preference for line in shared}
        told = [self._why(r, common) for r in slate]
        if not shared:
            return told
        word = "Both" if len(slate) == 2 else f"All {small(len(slate))}"
        return [f"{word} meet {listed([line.label for line in shared])}.", *told]

    @staticmethod
    def _shared(slate: Sequence[Recommendation]) -> list[ReceiptLine]:
        """Lines that every item passed and in which they do not differ."""
        passed = [{line.preference for line in r.receipt if line.verdict == "passed"} for r in slate]
        everywhere = set.intersection(*passed)
        return [line for line in slate[0].receipt if line.preference in everywhere and _plain(line)]

    def _why(self, recommendation: Recommendation, common: set[str]) -> str:
        title, lines = recommendation.item.title, recommendation.receipt
        passed = [line for line in lines if line.verdict == "passed" and line.preference not in common]
        failed = [line for line in lines if line.verdict == "failed" and not from_profile(line.preference)]
        unknown = [line for line in lines if line.verdict == "unknown"]
        said = []
        asked = [line for line in passed if not from_profile(line.preference)]
        usual = [line for line in passed if from_profile(line.preference)]
        if asked:
            said.append("you asked for " + ", ".join(_evidenced(line) for line in asked))
        if usual:
            said.append("I remember that you like " + ", ".join(_evidenced(line) for line in usual))
        if recommendation.like:
            said.append(liking(recommendation.like, recommendation.sources))
        if not said:
            said.append("it meets that" if common else "it is well liked and you left the choice open")
        text = f"**{title}**: {'; '.join(said)}."
        text += _against(failed)
        if unknown:
            text += f" I could not check {listed([f'*{line.label}*' for line in unknown])}: the catalogue does not say."
        return text

    def absent(self, absent: Absent) -> str:
        """Why an item was not shown, from its receipt and the rules of the house."""
        title, lines = absent.card.item.title, absent.card.receipt
        failed = [line for line in lines if line.verdict == "failed" and line.strength == "hard"]
        match absent.reason:
            case "breaks":
                against = "; ".join(
                    f"{'I remember that you want' if from_profile(line.preference) else 'you asked for'} {line.label}"
                    + (f", and it has {line.evidence}" if line.evidence else "")
                    for line in failed
                )
                return f"**{title}**: {against}."
            case "disliked":
                return f"**{title}**: you told me that you did not like it."
            case "seen":
                return f"**{title}**: you have {self.schema.consumption.past[0]} it."
            case "shown":
                return f"**{title}**: I have shown it to you before."
            case "house":
                return f"**{title}**: {listed([_in_words(rule) for rule in absent.house])}."
        lacks = _against([line for line in lines if line.verdict == "failed"])
        if absent.place is None:
            return f"**{title}** fits what must hold, but nothing you said led me to it.{lacks}"
        return f"**{title}** fits what must hold; it came {absent.place}{ordinal(absent.place)} in my ranking.{lacks}"

    def counted(self, outcome: Counted) -> str:
        """How many items meet wishes."""
        noun = self.schema.noun.one if outcome.count == 1 else self.schema.noun.many
        if not outcome.preferences:
            return f"{outcome.count:,} {noun}."
        matches = "matches" if outcome.count == 1 else "match"
        return f"{outcome.count:,} {noun} {matches} {listed([p.label(self.schema) for p in outcome.preferences])}."


def _in_words(rule: str) -> str:
    """A rule of the house that stands against an item."""
    name = rule.rpartition(":")[2].replace("_", " ")
    return _RULES.get(rule, f"a rule of the house keeps it back ({name})" if ":" in rule else name)


def _against(failed: Sequence[ReceiptLine]) -> str:
    """What an item lacks that would have been liked, and what it has that was to be avoided."""
    missing = [line.label for line in failed if not _plain(line)]
    has = [subject(line.label) for line in failed if _plain(line)]
    lacks = f" It does not have {listed(missing)}, which you would have liked." if missing else ""
    return lacks + (f" It is listed as {listed(has)}, which you would rather avoid." if has else "")


def _plain(line: ReceiptLine) -> bool:
    """Whether the fact behind a line tells nothing of the item: that it lacks what was refused."""
    return refuses(line.label)


def _evidenced(line: ReceiptLine) -> str:
    """A line with the fact it rests on, where that says more than the line itself."""
    if line.generated and not _plain(line):
        return f"{line.label} (as a model describes it: {line.evidence})"
    tells = line.evidence and not _plain(line) and line.evidence.casefold() != line.label.casefold()
    return f"{line.label} (it has {line.evidence})" if tells else line.label


def _verdict(line: ReceiptLine) -> str:
    word = {"passed": "yes", "failed": "no", "unknown": "the catalogue does not say"}[line.verdict]
    by = "as a model describes it: " if line.generated else ""
    evidence = f" ({by}{line.evidence})" if line.evidence else ""
    return f"{line.label} — {word}{evidence}"


def _row(cells: Sequence[str]) -> str:
    """A row of a table; a bar in a cell would end it."""
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
