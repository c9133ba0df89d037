"""Promotion: the rules by which something said in a conversation enters, or leaves, a person's profile.

1. A preference said as lasting (the planner says so, or its words do: `lasting`) enters at once. A refusal that was
   meant hard stays hard; a wish stays hard only when said to hold without exception; everything else becomes soft.
2. A preference said in three different conversations enters as soft, unless it contradicts one of the first kind.
3. Opinions of items and "seen" enter at once and leave when they are taken back; starting over takes nothing back.
4. Undo takes back what the undone change brought, exactly; redo brings it again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from agent.profile.delta import LISTS, applied, leading
from agent.profile.lasting import Lasting, lasting
from agent.profile.tally import Kept, Step, Tally
from core.ledger import Ledger, LedgerPatch, reconcile
from core.preferences import Preference
from core.profile import Origin, Profile, Rule
from core.turn import Turn
from core.values import Value

CONVERSATIONS = 3
"""Conversations in which a preference must be said to enter without lasting words."""


class Note(Value):
    """One thing that promotion did."""

    kind: Literal["lasting", "repeated", "gave_way", "marked", "unmarked", "undone", "redone"]
    preference: Preference | None = None
    item: str = ""


class Promoted(NamedTuple):
    """The profile and the tally after a change, and what was done."""

    profile: Profile
    tally: Tally
    notes: tuple[Note, ...] = ()


def promote(profile: Profile, tally: Tally, before: Ledger, turn: Turn, *, at: float = 0.0) -> Promoted:
    """The profile after a turn; `before` is the ledger the turn was answered from, `at` in seconds since 1970.

    Of a guest nothing is kept. The same turn a second time changes nothing.
    """
    if profile.guest or (before.past == turn.ledger.past and before.future == turn.ledger.future):
        return Promoted(profile, tally)
    if turn.plan.heard.travel is not None:
        return _travel(profile, tally, turn.conversation, turn.plan.heard.travel)
    last = tally.journal(turn.conversation).past[-1:]
    if last and last[0].turn == turn.number:
        return Promoted(profile, tally)
    draft = _Draft(profile, tally, turn.conversation, at)
    for preference in _fresh(before, turn):
        draft.said(preference, _lasting(preference, turn))
    draft.opinions(before, turn.ledger, start_over=turn.plan.heard.reset)
    return draft.finish(profile, turn.number)


def promote_edit(
    profile: Profile,
    tally: Tally,
    conversation: str,
    before: Ledger,
    after: Ledger,
    patch: LedgerPatch,
    *,
    at: float = 0.0,
) -> Promoted:
    """The profile after a change of the ledger by hand: opinions count, preferences set by hand do not."""
    if profile.guest or (before.past == after.past and before.future == after.future):
        return Promoted(profile, tally)
    if patch.travel is not None:
        return _travel(profile, tally, conversation, patch.travel)
    draft = _Draft(profile, tally, conversation, at)
    draft.opinions(before, after, start_over=patch.clear)
    return draft.finish(profile, 0)


def strength_kept(preference: Preference, said: Lasting | None) -> Literal["hard", "soft"]:
    """The strength of a lasting preference in the profile, which is the strength it is applied with."""
    if not preference.hard or (said is not None and said.habit):
        return "soft"
    bound = preference.polarity == "avoid" or (said is not None and said.binding)
    return "hard" if bound else "soft"


def enter(kept: Kept, new: Preference, origin: Origin) -> tuple[Kept, tuple[Preference, ...]]:
    """A preference put into a profile, and those that gave way to it.

    An equal one that is there already stays, and is made harder or explained by the stronger rule where that changes.
    """
    profile, tally = kept.profile, kept.tally
    for old in profile.preferences:
        if old.same_as(new):
            return _strengthened(kept, old, new, origin), ()
    preferences, gone = [], []
    for old in profile.preferences:
        rest = reconcile(old, new)
        if rest is None:
            gone.append(old)
        else:
            preferences.append(rest)
    numbers = [int(p.id[3:]) for p in profile.preferences if p.id[3:].isdecimal()]
    number = max([tally.next_id, *(n + 1 for n in numbers)])
    fresh = new.model_copy(update={"id": f"you{number}", "scope": "person", "turn": 0, "times": 1, "confidence": 1.0})
    origins = {p.id: profile.origins[p.id] for p in preferences if p.id in profile.origins} | {fresh.id: origin}
    after = profile.model_copy(update={"preferences": (*preferences, fresh), "origins": origins})
    return Kept(profile=after, tally=tally.model_copy(update={"next_id": number + 1})), tuple(gone)


def _strengthened(kept: Kept, old: Preference, new: Preference, origin: Origin) -> Kept:
    profile, held = kept.profile, kept.profile.origins.get(old.id)
    rules: tuple[Rule, ...] = ("repeated", "lasting", "hand")
    outranked = held is not None and rules.index(held.rule) >= rules.index(origin.rule)
    if outranked and (old.hard or not new.hard):
        return kept
    better = old.model_copy(update={"strength": "hard" if old.hard else new.strength, "quote": new.quote or old.quote})
    preferences = tuple(better if p.id == old.id else p for p in profile.preferences)
    after = profile.model_copy(
        update={"preferences": preferences, "origins": profile.origins | {old.id: held if outranked else origin}}
    )
    return kept.model_copy(update={"profile": after})


class _Draft:
    """A profile under change by one step of one conversation."""

    def __init__(self, profile: Profile, tally: Tally, conversation: str, at: float) -> None:
        self.kept = Kept(profile=profile, tally=tally)
        self.conversation = conversation
        self.at = at
        self.counted: list[Preference] = []
        self.notes: list[Note] = []

    def said(self, preference: Preference, said: Lasting | None) -> None:
        tally = self.kept.tally.count(preference, self.conversation)
        if tally != self.kept.tally:
            self.counted.append(preference)
            self.kept = self.kept.model_copy(update={"tally": tally})
        if said is not None:
            words = {"strength": strength_kept(preference, said), "quote": said.words or preference.quote}
            self._enter(preference.model_copy(update=words), "lasting")
        elif len(tally.heard(preference)) >= CONVERSATIONS and not self._contradicted(preference):
            self._enter(preference.model_copy(update={"strength": "soft"}), "repeated")

    def opinions(self, before: Ledger, after: Ledger, *, start_over: bool) -> None:
        profile = self.kept.profile
        lists: dict[str, list[str]] = {name: list(getattr(profile, name)) for name in LISTS}
        for name in LISTS:
            was, now = getattr(before, name), getattr(after, name)
            for item in () if start_over else was:
                if item not in now and item in lists[name]:
                    lists[name].remove(item)
                    self.notes.append(Note(kind="unmarked", item=item))
            for item in (i for i in now if i not in was):
                self._mark(lists, name, item)
        fresh: dict[str, object] = {name: tuple(items) for name, items in lists.items()}
        self.kept = self.kept.model_copy(update={"profile": profile.model_copy(update=fresh)})

    def finish(self, before: Profile, turn: int) -> Promoted:
        step = Step(turn=turn, back=leading(self.kept.profile, before), counted=tuple(self.counted))
        journal = self.kept.tally.journal(self.conversation).push(step)
        tally = self.kept.tally.write(self.conversation, journal)
        return Promoted(self.kept.profile, tally, tuple(self.notes))

    def _mark(self, lists: dict[str, list[str]], name: str, item: str) -> None:
        opposite = {"liked": "disliked", "disliked": "liked"}.get(name, "")
        if item in lists.get(opposite, ()):
            lists[opposite].remove(item)
        if item not in lists[name]:
            lists[name].append(item)
            self.notes.append(Note(kind="marked", item=item))

    def _enter(self, preference: Preference, rule: Rule) -> None:
        before = self.kept.profile
        origin = Origin(rule=rule, at=self.at, conversation=self.conversation)
        self.kept, gone = enter(self.kept, preference, origin)
        if self.kept.profile != before:
            self.notes.append(Note(kind="lasting" if rule == "lasting" else "repeated", preference=preference))
        self.notes += [Note(kind="gave_way", preference=p) for p in gone]

    def _contradicted(self, new: Preference) -> bool:
        """Whether a preference that was said as lasting, or set by hand, would give way to it."""
        profile = self.kept.profile
        firm = [p for p in profile.preferences if profile.origins.get(p.id, Origin(rule="hand")).rule != "repeated"]
        return any(reconcile(old, new) is not old for old in firm if not old.same_as(new))


def _travel(profile: Profile, tally: Tally, conversation: str, way: Literal["undo", "redo"]) -> Promoted:
    journal = tally.journal(conversation)
    steps = journal.past if way == "undo" else journal.future
    step = steps[-1] if steps else Step()
    after = applied(profile, step.back)
    for preference in step.counted:
        change = tally.uncount if way == "undo" else tally.count
        tally = change(preference, conversation)
    turned = step.model_copy(update={"back": leading(after, profile)})
    if way == "undo":
        journal = journal.model_copy(update={"past": steps[:-1], "future": (*journal.future, turned)})
    else:
        journal = journal.model_copy(update={"past": (*journal.past, turned), "future": steps[:-1]})
    notes = () if after == profile else (Note(kind="undone" if way == "undo" else "redone"),)
    return Promoted(after, tally.write(conversation, journal), notes)


def _unchanged(before: Ledger, after: Ledger) -> bool:
    """Whether nothing was changed that undo could take back."""
    return before.past == after.past and before.future == after.future


def _fresh(before: Ledger, turn: Turn) -> Iterable[Preference]:
    """The preferences said in this turn; bounds that were read off what had been shown ("shorter") are left out."""
    relative = {c.quote for c in turn.plan.heard.critiques if c.quote and c.value is None}
    held = {p.id: p for p in before.preferences}
    for preference in turn.ledger.preferences:
        if preference.turn != turn.number or held.get(preference.id) == preference:
            continue
        if preference.scope != "turn" and preference.quote not in relative:
            yield preference


def _lasting(preference: Preference, turn: Turn) -> Lasting | None:
    said = lasting(turn.message, preference.quote)
    if said is None and preference.scope == "person":
        return Lasting(words=preference.quote)
    return said
