"""The template writer: an outcome in words, without a model. Every fact in it comes from the outcome's own items."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from agent.outcome import (
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
from agent.say_facts import FactWriter
from agent.wording import COUNT_WORDS, ask_text, capital, first_sentence, listed, refuses, small, subject
from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference, quantity
from core.schema import CatalogSchema
from core.turn import Question, Recommendation

MOST_SAID = 4
"""Preferences named before a slate; with more of them, those of this message are."""
MOST_CONFLICTS = 2
"""Conflicts named when nothing is left; the releases beside them mend the others too."""
NARROW = 60
"""Items that fit, below which it is worth saying how many they are."""


@dataclass(frozen=True)
class TemplateWriter:
    """Writes replies for one catalogue; wording varies with the message, never with the clock."""

    schema: CatalogSchema

    @cached_property
    def facts(self) -> FactWriter:
        """The writer of answers about items."""
        return FactWriter(self.schema)

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
        yield from self._changes(remarks)
        for title in remarks.unknown_titles:
            yield f"I don't have “{title}” in this catalogue."
        if remarks.not_understood:
            words = " and ".join(f"*{w}*" for w in remarks.not_understood[:3])
            yield pick(
                f"I did not get {words}.", f"I'm not sure what {words} means here.", f"{capital(words)} is new to me."
            )

    def _changes(self, remarks: Remarks) -> Iterable[str]:
        """What gave way and what became firm, once each and as it stands now."""
        made = {p.id for p in remarks.understood}
        replaced = {d.old.id for d in remarks.displaced}
        gone = [p for p in remarks.dropped if p.id not in replaced and p.scope != "turn"]
        if gone and not remarks.reset and not remarks.undone:
            yield f"Dropped: {self.facts.labels(gone)}."
        changes: dict[str, list[str]] = {}
        for displaced in remarks.displaced:
            new, old = displaced.new.label(self.schema), displaced.old.label(self.schema)
            if displaced.old.id in made or new.endswith(old):
                continue
            changes.setdefault(new, []).append(old)
        for new, gave_way in changes.items():
            yield f"{capital(new)} now, instead of {listed(_once(gave_way))}."
        if remarks.hardened:
            yield f"You ask for it again, so I'll keep to it: {self.facts.labels(remarks.hardened)}."

    def _lead(self, remarks: Remarks, ledger: Ledger) -> str:
        """What this turn goes by: what was understood now, then the rest while it is short."""
        fresh = _once([self._label(p) for p in remarks.understood if ledger.find(p.id)])
        rest = _once([self._label(p) for p in ledger.preferences if p not in remarks.understood])
        rest = [label for label in rest if label not in fresh]
        said = [*fresh, *rest] if len(fresh) + len(rest) <= MOST_SAID else fresh[:MOST_SAID]
        if remarks.liked:
            how = "in the vein of" if ledger.anchors else "going by"
            said.insert(0, f"{how} {listed(remarks.liked[:3])}")
        said += [f"not {t}" for t in remarks.disliked[:2]]
        said += ["the less expected"] if ledger.adventurous else []
        said += [f"{t} already {self.schema.consumption.past[0]}" for t in remarks.seen[:3]]
        if len(remarks.seen) > 3:
            said[-1] = f"{len(remarks.seen)} {self.schema.noun.many} already {self.schema.consumption.past[0]}"
        left_out = len(fresh) + len(rest) > MOST_SAID and rest
        return ", ".join(said) + (", and all you said before" if left_out and said else "")

    def _label(self, preference: Preference) -> str:
        """A preference as said before a slate; a taste for somebody's work asks for its like."""
        label = preference.label(self.schema)
        spec = self.schema.by_name.get(preference.field or "")
        taste = spec is not None and spec.role == "creator" and preference.polarity == "want" and not preference.hard
        return f"in the vein of {label}" if taste else label

    # -- outcomes ------------------------------------------------------------------------------------------------

    def _outcome(self, outcome: Outcome, remarks: Remarks, ledger: Ledger, pick: _Pick) -> str:
        match outcome:
            case Recommended():
                return self._recommended(outcome, remarks, ledger, pick)
            case Abstained():
                return self._abstained(outcome, ledger)
            case Asked():
                lead = self._lead(remarks, ledger) if remarks.understood else ""
                return " ".join(p for p in (f"{capital(lead)}." if lead else "", ask_text(outcome.question)) if p)
            case LookedUp():
                return self.facts.looked_up(outcome)
            case Checked():
                return self.facts.checked(outcome)
            case Compared():
                return self.facts.compared(outcome)
            case Explained():
                told = [*self.facts.explained(outcome.slate), *map(self.facts.absent, outcome.absent)]
                return "\n\n".join(told) or self._nothing()
            case Counted():
                return self.facts.counted(outcome)
            case ShownLedger():
                return self._ledger(outcome, ledger)
            case Chatted(topic="accepted") if remarks.unknown_titles:
                return ""
            case Chatted():
                return self._chat(outcome, pick)
        return "" if remarks.unknown_titles else self._nothing()

    def _nothing(self) -> str:
        return f"Which {self.schema.noun.one} do you mean? Name it, or say “the second one” once there is a list."

    def _recommended(self, outcome: Recommended, remarks: Remarks, ledger: Ledger, pick: _Pick) -> str:
        lead = self._lead(remarks, ledger)
        count = len(outcome.slate)
        number = COUNT_WORDS.get(count, str(count))
        narrow = bool(ledger.hard) and outcome.pool < NARROW
        if count == 1:
            fits = pick("One that fits:", "This one fits:") if ledger.hard else "One for you:"
        elif narrow:
            fits = pick(f"{number} of the {outcome.pool:,} that fit:", f"{number} that fit:")
        else:
            fits = pick(f"{number} for you:", f"Here are {small(count)}:", f"{number} to choose from:")
        if outcome.pool == count and ledger.shown:
            fits = "The last one that fits:" if count == 1 else f"The last {small(count)} that fit:"
        elif outcome.pool == count:
            fits = {1: "The only one that fits:", 2: "Both that fit:"}.get(count, f"All {small(count)} that fit:")
        opening = f"{capital(lead)}. {fits}" if lead else fits
        if unmet := [p.label(self.schema) for p in outcome.unmet if p.field is not None and p in remarks.understood]:
            opening = f"Nothing that fits also matches {listed(unmet)}. {opening}"
        if unsaid := [p.label(self.schema) for p in outcome.unmet if p.field is None and p in remarks.understood]:
            opening = f"Nothing here speaks of {listed(unsaid)}; these come closest. {opening}"
        lines = [self.card_line(r) for r in outcome.slate]
        asks = ask_text(outcome.question) if outcome.question else ""
        if outcome.question and outcome.question.kind == "relax":
            more = "; ".join(
                f"{c.label} there are {c.count:,}" for c in outcome.question.choices if c.count is not None
            )
            asks = f"There would be more if something went: {more}. Shall it go?"
        return "\n\n".join(p for p in (opening, "\n".join(f"- {line}" for line in lines), asks) if p)

    def card_line(self, recommendation: Recommendation) -> str:
        """One item of a slate: title, key facts, what it is, why."""
        item = recommendation.item
        notice = f" ({', '.join(recommendation.notices)})" if recommendation.notices else ""
        text = first_sentence(
            next((str(v) for v in item.values(self.facts.description())), "") if self.facts.description() else ""
        )
        tail = f" — {text}" if text else ""
        reason = f" *{recommendation.reason}*" if recommendation.reason else ""
        facts = self.key_facts(item)
        return f"**{item.title}**{f' ({facts})' if facts else ''}{notice}{tail}{reason}"

    def key_facts(self, item: Item) -> str:
        """Release and length, as shown behind a title."""
        specs = [s for s in (self.schema.role("release"), self.schema.role("length")) if s is not None]
        return ", ".join(quantity(v, s) for s in specs for v in item.values(s.name)[:1])

    def _abstained(self, outcome: Abstained, ledger: Ledger) -> str:
        noun, hard = self.schema.noun.many, ledger.hard
        if outcome.shown_already:
            opening = f"That was all of it: I have no more {noun} that fit."
            if outcome.open:
                kept = listed([f"**{i.title}**" for i in outcome.open])
                does = "do" if len(outcome.open) > 1 else "does"
                opening = f"I have nothing new that fits, but {kept} from before still {does}."
        elif hard:
            conflicts = outcome.conflicts or (hard,)
            named = [listed([p.label(self.schema) for p in c]) for c in conflicts[:MOST_CONFLICTS]]
            what = {1: "", 2: "both "}.get(len(conflicts[0]), f"all {small(len(conflicts[0]))} of ")
            opening = f"Nothing in the catalogue meets {what}{', nor '.join(named)}."
        else:
            opening = f"There are no more {noun} to show."
        if outcome.house:
            opening = f"{opening} (I only look at {self.facts.labels(outcome.house)}, {outcome.house[0].quote}.)"
        if outcome.kept_back:
            opening = f"{opening} (A rule of the house keeps back {outcome.kept_back:,} that would fit.)"
        if outcome.final:
            return f"{opening} As all of it stays, I have none to offer."
        if not outcome.releases:
            return f"{opening} Then I have none to offer."
        ways = "; ".join(
            f"without *{self.facts.labels(r.preferences)}* there {'is' if r.count == 1 else 'are'} {r.count:,}"
            for r in outcome.releases
        )
        return f"{opening} {capital(ways)}. Which may go — or shall I leave it?"

    def _ledger(self, outcome: ShownLedger, ledger: Ledger) -> str:
        known = [f"- {line}" for line in outcome.remembered]
        before = "\n".join(["From other conversations I remember:", *known]) if known else ""
        if ledger == Ledger() or not (ledger.preferences or outcome.liked or outcome.disliked or outcome.seen):
            nothing = "Nothing in this conversation yet." if known else "Nothing yet."
            hint = f"Tell me what you feel like, or a {self.schema.noun.one} you loved."
            return f"{nothing}\n\n{before}" if known else f"{nothing} {hint}"
        lines = []
        if ledger.hard:
            lines.append(f"Must hold: {self.facts.labels(ledger.hard)}.")
        if ledger.soft:
            lines.append(f"Would be nice: {self.facts.labels(ledger.soft)}.")
        for word, titles in (
            ("Liked", outcome.liked),
            ("Not liked", outcome.disliked),
            (capital(self.schema.consumption.past[0]), outcome.seen),
        ):
            if titles:
                lines.append(f"{word}: {', '.join(titles)}.")
        if ledger.adventurous:
            lines.append("The less expected first.")
        if ledger.declined:
            lines.append("Does not matter: " + ", ".join(self.schema.field(f).title for f in ledger.declined) + ".")
        told = "\n".join(f"- {line}" for line in lines)
        return f"{told}\n\n{before}" if known else told

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
            case "accepted" if outcome.unclear:
                return f"Which {one} is it to be? Name it, or say “the first one”."
            case "accepted":
                name = f" **{outcome.items[0].title}** it is." if outcome.items else ""
                return pick(f"Good choice.{name} Enjoy.", f"Done.{name} Enjoy.", f"{name} Enjoy.".strip())
            case "empty":
                return f"I did not get anything. What do you feel like? For example: “{hint}”."
            case "unclear":
                lost = pick("I did not understand that.", "That went past me.")
                return f"{lost} Say a mood, a genre, a year, or a {one} you would {use} again."
            case "off_topic":
                return pick(f"That I can't help with. {again}", f"{again} For that other thing I am no use.")
        return again


def _once(labels: Iterable[str]) -> list[str]:
    """Labels without those that say again what another says: "no war" and "not war", "sad" beside "sad or moving"."""
    kept: list[str] = []
    for label in dict.fromkeys(labels):
        words = subject(label)
        refused = refuses(label)
        twin = next(
            (k for k in kept if refuses(k) == refused and set(words.split(" or ")) & set(subject(k).split(" or "))),
            None,
        )
        if twin is None:
            kept.append(label)
        elif len(label) < len(twin):
            kept[kept.index(twin)] = label
    return kept


class _Pick:
    """Chooses among wordings by a checksum of the message, so that the same turn always reads the same."""

    def __init__(self, message: str) -> None:
        self._state = zlib.crc32(message.encode())

    def __call__(self, *wordings: str) -> str:
        self._state = zlib.crc32(self._state.to_bytes(4, "big"))
        return wordings[self._state % len(wordings)]
