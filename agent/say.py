"""The template writer: an outcome in words, without a model. Every fact in it comes from the outcome's own items."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.outcome import (
    Absent,
    Abstained,
    Asked,
    Chatted,
    Checked,
    Compared,
    Counted,
    Explained,
    LookedUp,
    Outcome,
    Recommended,
    Remarks,
    ShownLedger,
)
from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference, quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Question, ReceiptLine, Recommendation
from core.values import Scalar

_COUNT_WORDS = {
    1: "One",
    2: "Two",
    3: "Three",
    4: "Four",
    5: "Five",
    6: "Six",
    7: "Seven",
    8: "Eight",
    9: "Nine",
    10: "Ten",
}


@dataclass(frozen=True)
class TemplateWriter:
    """Writes replies for one catalogue; wording varies with the message, never with the clock."""

    schema: CatalogSchema

    def write(
        self, outcome: Outcome, remarks: Remarks, ledger: Ledger, message: str, *, aside: Question | None = None
    ) -> str:
        """The reply; `aside` is a question that came up while listening (which of two items was meant)."""
        pick = _Pick(message)
        parts = [*self._remarks(remarks, pick)]
        if aside is not None and not isinstance(outcome, Recommended | LookedUp | Checked | Compared | Explained):
            parts.append(ask_text(aside))
        else:
            parts.append(self._outcome(outcome, remarks, ledger, pick))
            if aside is not None:
                parts.append(ask_text(aside))
        return "\n\n".join(p for p in parts if p)

    # -- what was understood -------------------------------------------------------------------------------------

    def _remarks(self, remarks: Remarks, pick: _Pick) -> Iterable[str]:
        if remarks.cut:
            yield "That was long; I read the beginning of it."
        if remarks.undone == "nothing":
            yield "There is nothing left to undo."
        elif remarks.undone == "undo":
            yield "Undone."
        elif remarks.undone == "redo":
            yield "Back as it was."
        if remarks.reset:
            yield pick("Fresh start.", "All cleared.", "Starting over.")
        gone = [p for p in remarks.dropped if not any(d.old.id == p.id for d in remarks.displaced)]
        if gone and not remarks.reset and not remarks.undone:
            yield f"Dropped: {self.labels(gone)}."
        for displaced in remarks.displaced:
            new, old = displaced.new.label(self.schema), displaced.old.label(self.schema)
            yield f"{_capital(new)} now." if new.endswith(old) else f"{_capital(new)} now, instead of {old}."
        if remarks.hardened:
            yield f"You said it again, so it must hold now: {self.labels(remarks.hardened)}."
        for title in remarks.unknown_titles:
            yield f"I don't have “{title}” in this catalogue."
        if remarks.not_understood:
            words = " and ".join(f"*{w}*" for w in remarks.not_understood[:3])
            yield pick(
                f"I did not get {words}.", f"I'm not sure what {words} means here.", f"{_capital(words)} is new to me."
            )

    def _lead(self, remarks: Remarks, ledger: Ledger) -> str:
        """What this turn goes by: the preferences in force, newest understanding first."""
        fresh = [p for p in remarks.understood if ledger.find(p.id)]
        rest = [p for p in ledger.preferences if p not in fresh]
        said = self.labels([*fresh, *rest][:6])
        liked = [f"you liked {title}" for title in remarks.liked[:2]]
        opinions = [
            *liked,
            *(f"not {t}" for t in remarks.disliked[:2]),
            *(f"{t} already {self.schema.consumption.past[0]}" for t in remarks.seen[:2]),
        ]
        return ", ".join([*([said] if said else []), *opinions])

    def labels(self, preferences: Sequence[Preference]) -> str:
        """Preferences as a short list."""
        return ", ".join(p.label(self.schema) for p in preferences)

    # -- outcomes ------------------------------------------------------------------------------------------------

    def _outcome(self, outcome: Outcome, remarks: Remarks, ledger: Ledger, pick: _Pick) -> str:
        match outcome:
            case Recommended():
                return self._recommended(outcome, remarks, ledger, pick)
            case Abstained():
                return self._abstained(outcome, ledger)
            case Asked():
                lead = self._lead(remarks, ledger) if remarks.understood else ""
                return " ".join(p for p in (f"{_capital(lead)}." if lead else "", ask_text(outcome.question)) if p)
            case LookedUp():
                return self._looked_up(outcome)
            case Checked():
                return self._checked(outcome)
            case Compared():
                return self._compared(outcome)
            case Explained():
                told = [*map(self._explained, outcome.slate), *map(self._absent, outcome.absent)]
                return "\n\n".join(told) or self._nothing()
            case Counted():
                return self._counted(outcome)
            case ShownLedger():
                return self._ledger(outcome, ledger)
            case Chatted():
                return self._chat(outcome, pick)
        return self._nothing()

    def _nothing(self) -> str:
        return f"Which {self.schema.noun.one} do you mean? Name it, or say “the second one” once there is a list."

    def _recommended(self, outcome: Recommended, remarks: Remarks, ledger: Ledger, pick: _Pick) -> str:
        lead = self._lead(remarks, ledger)
        count = len(outcome.slate)
        number = _COUNT_WORDS.get(count, str(count))
        fits = (
            pick(f"{number} that fit:", f"{number} of the {outcome.pool:,} that fit:", f"{number} for you:")
            if count > 1
            else pick("One that fits:", "This one fits:")
        )
        if outcome.pool == count:
            fits = {1: "The only one that fits:", 2: "Both that fit:"}.get(count, f"All {_small(count)} that fit:")
        opening = f"{_capital(lead)}. {fits}" if lead else fits
        lines = [self.card_line(r) for r in outcome.slate]
        asks = ask_text(outcome.question) if outcome.question else ""
        if outcome.question and outcome.question.kind == "relax":
            more = "; ".join(
                f"{c.label} there are {c.count:,}" for c in outcome.question.choices if c.count is not None
            )
            asks = f"For more, something would have to go: {more}. Shall it?"
        return "\n\n".join(p for p in (opening, "\n".join(f"- {line}" for line in lines), asks) if p)

    def card_line(self, recommendation: Recommendation) -> str:
        """One item of a slate: title, key facts, what it is, why."""
        item = recommendation.item
        notice = f" ({', '.join(recommendation.notices)})" if recommendation.notices else ""
        text = first_sentence(
            next((str(v) for v in item.values(self._description())), "") if self._description() else ""
        )
        tail = f" — {text}" if text else ""
        reason = f" *{recommendation.reason}*" if recommendation.reason else ""
        facts = self.key_facts(item)
        return f"**{item.title}**{f' ({facts})' if facts else ''}{notice}{tail}{reason}"

    def _description(self) -> str:
        spec = self.schema.role("description")
        return spec.name if spec else ""

    def key_facts(self, item: Item) -> str:
        """Release and length, as shown behind a title."""
        specs = [s for s in (self.schema.role("release"), self.schema.role("length")) if s is not None]
        return ", ".join(quantity(v, s) for s in specs for v in item.values(s.name)[:1])

    def _abstained(self, outcome: Abstained, ledger: Ledger) -> str:
        noun, hard = self.schema.noun.many, ledger.hard
        if outcome.shown_already:
            opening = f"You have been through all {outcome.shown_already:,} {noun} that fit."
            if outcome.shown_already == 1:
                opening = f"You have had the only {self.schema.noun.one} that fits."
        elif hard:
            what = {1: "that", 2: "both"}.get(len(hard), f"all {_small(len(hard))}")
            opening = f"Nothing in the catalogue meets {what}: {self.labels(hard)}."
        else:
            opening = f"There are no more {noun} to show."
        if outcome.house:
            opening = f"{opening} (I only look at {self.labels(outcome.house)}, {outcome.house[0].quote}.)"
        if outcome.final:
            return f"{opening} As all of it stays, I have none to offer."
        if not outcome.releases:
            return f"{opening} Then I have none to offer."
        ways = "; ".join(
            f"without *{self.labels(r.preferences)}* there {'is' if r.count == 1 else 'are'} {r.count:,}"
            for r in outcome.releases
        )
        return f"{opening} {_capital(ways)}. Which may go — or shall I leave it?"

    def _looked_up(self, outcome: LookedUp) -> str:
        if outcome.overview:
            return "\n\n".join(self._overview(item) for item in outcome.items)
        lines = []
        for item in outcome.items:
            said = [self._fact(f.field, f.values) for f in outcome.facts if f.item.id == item.id]
            lines.append(f"**{item.title}**: {'; '.join(said)}.")
        return "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else "".join(lines)

    def _overview(self, item: Item) -> str:
        known = [
            self._fact(s.name, item.values(s.name))
            for s in self.schema.fields
            if s.type != "text" and item.values(s.name)
        ]
        text = next((str(v) for v in item.values(self._description())), "") if self._description() else ""
        return f"**{item.title}** — {text or 'no description in the catalogue.'} {_capital('; '.join(known))}."

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

    def _checked(self, outcome: Checked) -> str:
        lines = []
        for item, receipt in zip(outcome.items, outcome.receipts, strict=True):
            verdicts = "; ".join(_verdict(line) for line in receipt)
            lines.append(f"**{item.title}**: {verdicts}.")
        if len(lines) <= 1:
            return "".join(lines)
        fit = sum(all(line.verdict == "passed" for line in receipt) for receipt in outcome.receipts)
        count = "None" if not fit else "All" if fit == len(lines) else _COUNT_WORDS.get(fit, str(fit))
        opening = f"{count} of the {_small(len(lines))}." if fit < len(lines) else f"All {_small(len(lines))}."
        return "\n".join([opening, "", *(f"- {line}" for line in lines)])

    def _compared(self, outcome: Compared) -> str:
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
        header = "| | " + " | ".join(f"**{i.title}**" for i in outcome.items) + " |"
        rule = "|---" * (len(outcome.items) + 1) + "|"
        rows = [
            f"| {self.schema.field(f).title} | "
            + " | ".join(self._known(self.schema.field(f), i) for i in outcome.items)
            + " |"
            for f in outcome.fields
        ]
        return "\n".join([header, rule, *rows])

    def _most(self, outcome: Compared, spec: FieldSpec, best: Sequence[Item]) -> str:
        what = f" with {self.labels(outcome.preferences)}" if outcome.preferences else ""
        noun = self.schema.noun.one if outcome.among == 1 else self.schema.noun.many
        names = _and([f"**{i.title}**" for i in best])
        rest = [f"{i.title} ({self._known(spec, i)})" for i in outcome.items if i not in best]
        after = f" Next: {', '.join(rest)}." if rest else ""
        return f"Of {outcome.among:,} {noun}{what}: {names}, {self._known(spec, best[0])}.{after}"

    def _known(self, spec: FieldSpec, item: Item) -> str:
        values = item.values(spec.name)
        return self._values(spec, values) if values else "not said"

    def _explained(self, recommendation: Recommendation) -> str:
        title = recommendation.item.title
        passed = [line for line in recommendation.receipt if line.verdict == "passed"]
        failed = [line for line in recommendation.receipt if line.verdict == "failed"]
        unknown = [line for line in recommendation.receipt if line.verdict == "unknown"]
        said = []
        if passed:
            said.append(
                "you asked for "
                + ", ".join(
                    f"{line.label} (it has {line.evidence})" if line.evidence else line.label for line in passed
                )
            )
        if recommendation.like:
            said.append(f"it is close to {_and(recommendation.like)}, which you liked")
        if not said:
            said.append("it is well liked and you left the choice open")
        text = f"**{title}**: {'; '.join(said)}."
        if failed:
            text += f" It does not have {', '.join(line.label for line in failed)}, which you would have liked."
        if unknown:
            text += (
                f" I could not check {', '.join(f'*{line.label}*' for line in unknown)}: the catalogue does not say."
            )
        return text

    def _absent(self, absent: Absent) -> str:
        """Why an item was not shown, from its receipt and the rules of the house."""
        title, lines = absent.card.item.title, absent.card.receipt
        failed = [line for line in lines if line.verdict == "failed" and line.strength == "hard"]
        match absent.reason:
            case "breaks":
                against = "; ".join(
                    f"you asked for {line.label}" + (f", and it has {line.evidence}" if line.evidence else "")
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
                return f"**{title}**: {_and([_RULES.get(rule, rule.replace('_', ' ')) for rule in absent.house])}."
        missing = [line.label for line in lines if line.verdict == "failed"]
        lacks = f" It does not have {_and(missing)}, which you would have liked." if missing else ""
        if absent.place is None:
            return f"**{title}** fits what must hold, but nothing you said led me to it.{lacks}"
        return f"**{title}** fits what must hold; it came {absent.place}{_ordinal(absent.place)} in my ranking.{lacks}"

    def _counted(self, outcome: Counted) -> str:
        noun = self.schema.noun.one if outcome.count == 1 else self.schema.noun.many
        what = f" with {self.labels(outcome.preferences)}" if outcome.preferences else ""
        return f"{outcome.count:,} {noun}{what}."

    def _ledger(self, outcome: ShownLedger, ledger: Ledger) -> str:
        if ledger == Ledger() or not (ledger.preferences or outcome.liked or outcome.disliked or outcome.seen):
            return f"Nothing yet. Tell me what you feel like, or a {self.schema.noun.one} you loved."
        lines = []
        if ledger.hard:
            lines.append(f"Must hold: {self.labels(ledger.hard)}.")
        if ledger.soft:
            lines.append(f"Would be nice: {self.labels(ledger.soft)}.")
        for word, titles in (
            ("Liked", outcome.liked),
            ("Not liked", outcome.disliked),
            (_capital(self.schema.consumption.past[0]), outcome.seen),
        ):
            if titles:
                lines.append(f"{word}: {', '.join(titles)}.")
        if ledger.declined:
            lines.append("Does not matter: " + ", ".join(self.schema.field(f).title for f in ledger.declined) + ".")
        return "\n".join(f"- {line}" for line in lines)

    def _chat(self, outcome: Chatted, pick: _Pick) -> str:
        one, purpose, use = self.schema.noun.one, self.schema.purpose, self.schema.consumption.bare[0]
        hint = self.schema.examples[0] if self.schema.examples else f"a {one} for tonight"
        again = f"I can help you {purpose}."
        match outcome.topic:
            case "greeting":
                return pick(
                    f"Hello. What do you feel like? For example: “{hint}”.",
                    f"Hi. Tell me a mood, a limit, or a {one} you loved.",
                )
            case "thanks":
                return pick("You're welcome.", "Glad to.", "Any time.") + pick("", " Something else?")
            case "goodbye":
                return pick("Enjoy.", "Until next time.", "Have a good one.")
            case "help":
                return (
                    f"{again} Say what you want and what you don't (“{hint}”), "
                    f"name {self.schema.noun.many} you liked or have {self.schema.consumption.past[0]}, "
                    "ask about any of them, and correct me at any time: “forget the decade”, “undo”, “start over”."
                )
            case "accepted":
                name = f" **{outcome.accepted}** it is." if outcome.accepted else ""
                return pick(f"Good choice.{name} Enjoy.", f"Done.{name} Enjoy.", f"Enjoy.{name}")
            case "empty":
                return f"I did not get anything. What do you feel like? For example: “{hint}”."
            case "unclear":
                lost = pick("I did not understand that.", "That went past me.")
                return f"{lost} Say a mood, a genre, a year, or a {one} you would {use} again."
            case "off_topic":
                return pick(f"That I can't help with. {again}", f"{again} For that other thing I am no use.")
        return again


class _Pick:
    """Chooses among wordings by a checksum of the message, so that the same turn always reads the same."""

    def __init__(self, message: str) -> None:
        self._state = zlib.crc32(message.encode())

    def __call__(self, *wordings: str) -> str:
        self._state = zlib.crc32(self._state.to_bytes(4, "big"))
        return wordings[self._state % len(wordings)]


def ask_text(question: Question) -> str:
    """A question with its choices and what each leaves."""
    if not question.choices or question.kind == "relax":
        return question.text
    choices = " · ".join(f"{c.label} ({c.count:,})" if c.count is not None else c.label for c in question.choices)
    return f"{question.text} {choices}"


def first_sentence(text: str, most: int = 220) -> str:
    """The first sentence of a description, cut at a word when it is long."""
    end = re.search(r"(?<=.{24}[a-z0-9)”\"'])[.!?](?= [A-Z“\"])", text)
    sentence = text[: end.end()] if end else text
    return sentence if len(sentence) <= most else sentence[:most].rsplit(" ", 1)[0] + "…"


def _verdict(line: ReceiptLine) -> str:
    word = {"passed": "yes", "failed": "no", "unknown": "the catalogue does not say"}[line.verdict]
    evidence = f" ({line.evidence})" if line.evidence else ""
    return f"{line.label} — {word}{evidence}"


def _with_evidence(line: ReceiptLine) -> str:
    told = line.evidence and line.evidence.lower() != line.label.lower() and not line.label.startswith(("no ", "not "))
    return f"{line.label} (it is {line.evidence})" if told else line.label


_RULES = {
    "confirm_first": "I must ask you before I show it",
    "available": "it is not on anything you have",
    "not_liked": "you named it as one you like",
}


def _ordinal(number: int) -> str:
    """The ending of an ordinal: 1st, 2nd, 3rd, 11th."""
    if number % 100 in {11, 12, 13}:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(number: int) -> str:
    return {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}.get(number, str(number))
