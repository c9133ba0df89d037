"""Listen: what was heard, linked to the catalogue and applied to the ledger. The same code for every controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.outcome import Remarks
from core.items import Item
from core.ledger import Applied, Ledger, LedgerPatch, Mark, contradict
from core.plan import Critique, Heard, ItemOpinion, Reference, Retraction, Wish
from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from core.turn import Choice, Conversation, Question
from core.values import Scalar
from tools.linking.linker import Linker

RECENT = 3
"""Turns within which two wishes that contradict each other are asked about."""


@dataclass(frozen=True)
class Listened:
    """A message's effect on the ledger, and what could not be settled without asking."""

    applied: Applied
    patch: LedgerPatch
    remarks: Remarks
    question: Question | None = None
    """Which of several items was meant."""
    doubt: Question | None = None
    """Which of two wishes that contradict each other holds; the later one does until it is answered."""


@dataclass
class _Draft:
    put: list[Preference] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    decline: list[str] = field(default_factory=list)
    agree: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    question: Question | None = None


@dataclass(frozen=True)
class Listener:
    """Links what was heard to one catalogue."""

    linker: Linker

    @property
    def schema(self) -> CatalogSchema:
        """The catalogue's schema."""
        return self.linker.catalog.schema

    def listen(self, conversation: Conversation, heard: Heard) -> Listened:
        """The ledger after what was heard; never raises for what a person can say."""
        ledger = conversation.ledger
        if heard.travel is not None:
            applied = ledger.apply(LedgerPatch(travel=heard.travel))
            undone = heard.travel if applied.changed else "nothing"
            patch = LedgerPatch(travel=heard.travel)
            return Listened(applied, patch, Remarks(undone=undone, understood=applied.put, dropped=applied.dropped))
        draft = _Draft()
        draft.drop += [p.id for p in ledger.preferences if p.scope == "turn"]  # it was for one slate
        self._answer(conversation, heard, draft)
        for retraction in heard.retractions:
            self._retract(conversation, retraction, draft)
        for wish in heard.wishes:
            self._wish(conversation, wish, draft)
        for critique in heard.critiques:
            self._critique(conversation, critique, draft)
        for opinion in heard.opinions:
            self._opinion(conversation, opinion, draft)
        patch = LedgerPatch(
            put=tuple(draft.put),
            drop=tuple(dict.fromkeys(draft.drop)),
            marks=tuple(draft.marks),
            decline=tuple(dict.fromkeys(draft.decline)),
            agree=tuple(dict.fromkeys(draft.agree)),
            clear=heard.reset,
        )
        applied = ledger.apply(patch)
        remarks = self._remarks(heard, draft, applied)
        return Listened(applied, patch, remarks, draft.question, self._doubt(heard, applied))

    def _doubt(self, heard: Heard, applied: Applied) -> Question | None:
        """A question about two hard wishes of the last turns that contradict each other.

        None when the message itself says that the new one takes the place of the old ("actually", "instead").
        """
        if heard.answer is not None or heard.retractions or any(w.replaces for w in heard.wishes):
            return None
        said = {w.quote for w in heard.wishes}
        for displaced in applied.displaced:
            old, new = displaced.old, displaced.new
            explicit = old.hard and new.hard and bool(old.quote) and new.quote in said
            if new.polarity == "avoid":  # who refuses what they asked for has changed their mind; nobody is harmed
                continue
            if explicit and contradict(old, new) and new.turn - old.turn <= RECENT:
                return self._which_holds(old, next((p for p in applied.put if p.same_as(new)), new))
        return None

    def _which_holds(self, old: Preference, new: Preference) -> Question:
        keep, back = new.label(self.schema), old.label(self.schema)
        return Question(
            text=f"Earlier you said “{old.quote}”. Shall I go by {keep} from now on?",
            kind="confirm",
            choices=(
                Choice(label=f"yes, {keep}"),
                Choice(label=f"no, {back}", patch=LedgerPatch(drop=(new.id,), put=(old,))),
            ),
        )

    def preferences(self, wishes: Sequence[Wish], turn: int = 0) -> tuple[Preference, ...]:
        """Wishes as linked preferences, for questions that leave the ledger alone."""
        linked = (self.linker.preference(w, turn) for w in wishes)
        return tuple(p for p in linked if p is not None)

    def _answer(self, conversation: Conversation, heard: Heard, draft: _Draft) -> None:
        question = conversation.question
        if question is None:
            return
        if heard.answer is not None and heard.answer < len(question.choices):
            turn = len(conversation.turns) + 1
            taken = question.choices if heard.answer < 0 else question.choices[heard.answer : heard.answer + 1]
            for patch in (choice.patch for choice in taken):
                draft.put += [p.model_copy(update={"turn": turn}) for p in patch.put]
                draft.drop += patch.drop
                draft.marks += patch.marks
                draft.decline += patch.decline
                draft.agree += patch.agree
        elif heard.surprise and question.kind == "preference" and question.field:
            draft.decline.append(question.field)

    def _wish(self, conversation: Conversation, wish: Wish, draft: _Draft) -> None:
        preference = self.linker.preference(wish, len(conversation.turns) + 1)
        if preference is None:
            draft.lost.append(wish.quote or str(wish.value))
            return
        if wish.replaces and preference.field is not None and preference.polarity == "want":
            draft.drop += [
                p.id for p in conversation.ledger.preferences if p.field == preference.field and p.polarity == "want"
            ]
        draft.put.append(preference)

    def _critique(self, conversation: Conversation, critique: Critique, draft: _Draft) -> None:
        if critique.field not in self.schema.by_name:
            return
        spec = self.schema.field(critique.field)
        turn = len(conversation.turns) + 1
        if critique.value is not None:
            less = critique.direction == "less"
            wish = Wish(
                field=spec.name,
                op="any_of",
                value=(critique.value,),
                polarity="avoid" if less else "want",
                strength="hard" if less else "soft",
                quote=critique.quote,
            )
            self._wish(conversation, wish, draft)
            return
        if critique.direction in {"same", "different"}:
            self._likeness(conversation, critique, spec, draft)
            return
        anchors = self._anchors(conversation, critique.anchor)
        bound = _bound(spec, anchors, critique)
        if bound is None:
            draft.lost.append(critique.quote)
            return
        draft.put.append(bound.model_copy(update={"turn": turn}))

    def _likeness(self, conversation: Conversation, critique: Critique, spec: FieldSpec, draft: _Draft) -> None:
        """The same as an item, or as what was shown or spoken of last, on a field; or anything but that."""
        found = self.linker.resolve(critique.anchor or Reference(), conversation)
        known = [v for item in self.linker.catalog.at(found.rows) for v in item.values(spec.name)]
        same = critique.direction == "same"
        if spec.type == "number" and not same:
            known = _span_now(conversation.ledger, spec) or known
        if not known or spec.type == "text":
            draft.lost.append(critique.quote)
            return
        value: tuple[Scalar, ...] = tuple(dict.fromkeys(known))
        if spec.type == "number":
            numbers = [float(v) for v in known]
            value = _around(numbers, spec) if same else (min(numbers), max(numbers))
        draft.put.append(
            Preference(
                field=spec.name,
                op="between" if spec.type == "number" else "any_of",
                value=value,
                polarity="want" if same else "avoid",
                strength="soft" if spec.type == "number" and same else spec.strength,
                quote=critique.quote,
                turn=len(conversation.turns) + 1,
            )
        )

    def _anchors(self, conversation: Conversation, anchor: Reference | None) -> list[Item]:
        if anchor is None and conversation.slate:
            return [r.item for r in conversation.slate]
        if anchor is None:
            return self.linker.catalog.at(self.linker.resolve(Reference(), conversation).rows)
        rows = self.linker.resolve(anchor, conversation)
        return self.linker.catalog.at(rows.rows[:1]) if anchor.title else self.linker.catalog.at(rows.rows)

    def _retract(self, conversation: Conversation, retraction: Retraction, draft: _Draft) -> None:
        if retraction.item is not None:
            found = self.linker.resolve(retraction.item, conversation)
            draft.marks += [Mark(item=i.id, opinion="none", seen=False) for i in self.linker.catalog.at(found.rows)]
            return
        if retraction.field is None or retraction.field not in self.schema.by_name:
            return
        wanted = retraction.value
        for preference in conversation.ledger.preferences:
            if preference.field != retraction.field:
                continue
            if wanted is None or set(_tuple(wanted)) & set(preference.values):
                self._let_go(preference, wanted, draft)
        if retraction.indifferent:
            draft.decline.append(retraction.field)

    @staticmethod
    def _let_go(preference: Preference, wanted: Scalar | tuple[Scalar, ...] | None, draft: _Draft) -> None:
        draft.drop.append(preference.id)
        if wanted is None:
            return
        left = tuple(v for v in preference.values if v not in _tuple(wanted))
        if left and preference.op in {"any_of", "all_of"}:
            draft.put.append(preference.model_copy(update={"id": "", "value": left}))

    def _opinion(self, conversation: Conversation, opinion: ItemOpinion, draft: _Draft) -> None:
        if opinion.stance == "mentioned":
            return
        found = self.linker.resolve(opinion.item, conversation)
        if not found.rows:
            if opinion.item.title:
                draft.unknown.append(opinion.item.title)
            return
        items = self.linker.catalog.at(found.rows)
        vague = opinion.item.title is None and opinion.item.ordinal is None and not opinion.item.everything
        if found.ambiguous or (vague and len(items) > 1):  # "seen it", with three on the slate
            if draft.question is None:
                draft.question = which_item(items, opinion, self.schema)
            return
        draft.marks += [mark_for(item, opinion) for item in items]

    def _remarks(self, heard: Heard, draft: _Draft, applied: Applied) -> Remarks:
        titles = {m.item: m for m in draft.marks}
        names = {i.id: i.title for i in self.linker.catalog.find(titles)}
        said = {
            "liked": tuple(names[i] for i, m in titles.items() if m.opinion == "liked" and i in names),
            "disliked": tuple(names[i] for i, m in titles.items() if m.opinion == "disliked" and i in names),
            "seen": tuple(names[i] for i, m in titles.items() if m.opinion is None and m.seen and i in names),
        }
        return Remarks(
            understood=applied.put,
            dropped=applied.dropped,
            displaced=applied.displaced,
            hardened=applied.hardened,
            unknown_titles=tuple(dict.fromkeys((*draft.unknown, *heard.not_here))),
            not_understood=tuple(dict.fromkeys((*heard.not_understood, *draft.lost))),
            declined=tuple(draft.decline),
            reset=heard.reset,
            **said,
        )


def mark_for(item: Item, opinion: ItemOpinion) -> Mark:
    """The mark an opinion leaves on an item."""
    match opinion.stance:
        case "liked" | "anchor":
            return Mark(item=item.id, opinion="liked", seen=True if opinion.seen else None)
        case "disliked":
            return Mark(item=item.id, opinion="disliked", seen=True if opinion.seen else None)
        case "seen":
            return Mark(item=item.id, seen=True)
        case _:
            return Mark(item=item.id, seen=False)


def which_item(items: Sequence[Item], opinion: ItemOpinion, schema: CatalogSchema) -> Question:
    """The question which of several items of one name was meant; the answer marks the item."""
    choices = []
    places = _by_age(items[:4], schema)
    release, creator = schema.role("release"), schema.role("creator")
    for item in items[:4]:
        year = next(iter(item.values(release.name)), None) if release else None
        people = [str(v) for v in item.values(creator.name)[:2]] if creator else []
        surnames = [p.split()[-1] for p in people]
        others = [str(v) for f in schema.fields if f.type == "people" for v in item.values(f.name)]
        label = (
            item.title + (f" ({year})" if year is not None else "") + (f", {' & '.join(surnames)}" if surnames else "")
        )
        aliases = (*([str(year), f"the {year} one"] if year is not None else []), *people, *surnames, *others)
        aliases = (*aliases, *places.get(item.id, ()))
        patch = LedgerPatch(marks=(mark_for(item, opinion),))
        choices.append(Choice(label=label, patch=patch, aliases=tuple(aliases)))
    names = {item.title for item in items}
    text = f"Which {items[0].title} do you mean?" if len(names) == 1 else "Which one do you mean?"
    return Question(text=text, kind="which_item", choices=tuple(choices))


def _by_age(items: Sequence[Item], schema: CatalogSchema) -> dict[str, tuple[str, ...]]:
    """What the oldest and the newest of several items also go by."""
    release = schema.role("release")
    dated = [(float(v), i.id) for i in items for v in (i.values(release.name)[:1] if release else ())]
    dated = sorted((year, item) for year, item in dated if isinstance(year, float))
    if len(dated) < 2:
        return {}
    return {
        dated[0][1]: ("older", "oldest", "original", "earlier"),
        dated[-1][1]: ("newer", "newest", "later", "latest", "recent"),
    }


def _bound(spec: FieldSpec, anchors: Sequence[Item], critique: Critique) -> Preference | None:
    """Beyond every anchor in the direction asked for; None when the catalogue knows none of their values."""
    known = [v for item in anchors for v in item.values(spec.name)]
    less = critique.direction == "less"
    if spec.order:
        places = [spec.order.index(str(v)) for v in known if str(v) in spec.order]
        if not places:
            return None
        edge = spec.order[min(places) if less else max(places)]
        return Preference(field=spec.name, op="lt" if less else "gt", value=edge, quote=critique.quote)
    numbers = [float(v) for v in known if isinstance(v, int | float)]
    if not numbers:
        return None
    number = min(numbers) if less else max(numbers)
    value = int(number) if number.is_integer() else number
    return Preference(field=spec.name, op="lt" if less else "gt", value=value, quote=critique.quote)


def _span_now(ledger: Ledger, spec: FieldSpec) -> list[Scalar]:
    """Both ends of the range wanted so far on a number field; empty when there is none."""
    found = [
        p.values for p in ledger.preferences if p.field == spec.name and p.op == "between" and p.polarity == "want"
    ]
    return list(found[-1]) if found else []


def _around(numbers: Sequence[float], spec: FieldSpec) -> tuple[Scalar, ...]:
    """The range of "the same" on a number field: three years, or a tenth, either way."""
    margin = 3.0 if spec.unit is not None and spec.unit.style == "year" else 0.1 * max(map(abs, numbers))
    return round(min(numbers) - margin, 2), round(max(numbers) + margin, 2)


def _tuple(value: Scalar | tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    return value if isinstance(value, tuple) else (value,)
