"""The preference ledger: everything a person has said about what they want, kept, revised and undone.

`apply` is pure. The latest word wins: a newer preference displaces the older ones that it contradicts, and what
was displaced is reported, never hidden. Every change stores its inverse, so undo and redo are exact.
"""

from __future__ import annotations

from typing import Literal

from core.preferences import Preference
from core.values import Value

MOST_STEPS = 50
"""Changes that can be undone; older ones are final."""

Opinion = Literal["liked", "disliked"]
MARKED = ("liked", "disliked", "seen", "anchors")
"""The lists of the ledger that marks change."""


class Mark(Value):
    """What a person said of one item; None leaves that side as it is, "none"/False takes it back."""

    item: str
    """Id of the item."""
    opinion: Opinion | Literal["none"] | None = None
    """Whether it is liked or disliked; "none" takes that back."""
    seen: bool | None = None
    """Whether it is known already."""
    anchor: bool | None = None
    """New items are to be like it ("something like …"), beyond its being liked."""


class LedgerPatch(Value):
    """One change of the ledger, linked to the catalogue (ids and canonical values, never spoken words)."""

    put: tuple[Preference, ...] = ()
    """Preferences to add; each displaces the older ones that it contradicts."""
    drop: tuple[str, ...] = ()
    """Ids of preferences to take out."""
    marks: tuple[Mark, ...] = ()
    """Opinions of items."""
    decline: tuple[str, ...] = ()
    """Fields the person does not care about; they are not asked again."""
    undecline: tuple[str, ...] = ()
    """Fields that matter after all."""
    agree: tuple[str, ...] = ()
    """What the house must have confirmed and the person has agreed to, as "field=value"."""
    disagree: tuple[str, ...] = ()
    """Confirmations to take back."""
    adventurous: bool | None = None
    """What is less expected is wanted, or no longer; None leaves it as it is."""
    clear: bool = False
    """Start over: take out everything before the rest is applied."""
    paused: tuple[Preference, ...] | None = None
    """What is to wait for a wish for one list to go, in the place of what waits now; None: as it is."""
    travel: Literal["undo", "redo"] | None = None
    """One step back or forth in the changes made; nothing else of the patch is applied then."""
    exact: bool = False
    """Put as given, without looking for contradictions (inverses and edits by hand)."""

    @property
    def empty(self) -> bool:
        """Whether applying it would change nothing by itself."""
        return self == LedgerPatch()


class Displaced(Value):
    """An older preference that gave way to a newer one."""

    old: Preference
    new: Preference


class Applied(Value):
    """The ledger after a patch, and what happened on the way."""

    ledger: Ledger
    put: tuple[Preference, ...] = ()
    """What was added or changed, with the ids it got."""
    dropped: tuple[Preference, ...] = ()
    displaced: tuple[Displaced, ...] = ()
    hardened: tuple[Preference, ...] = ()
    """Soft wishes that were said again and must hold now."""
    changed: bool = False


class Ledger(Value):
    """Preferences in the order they were said, opinions of items, and the way back."""

    preferences: tuple[Preference, ...] = ()
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    """Of the liked ones, those that new items are to be like."""
    adventurous: bool = False
    """What is less expected is wanted: a wider spread, less of what everybody knows."""
    shown: tuple[str, ...] = ()
    """Every item shown in this conversation, oldest first."""
    declined: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    """Confirmed for the house, as "field=value"."""
    paused: tuple[Preference, ...] = ()
    """What gave way to a wish for one list alone; it holds again when that wish goes."""
    next_id: int = 1
    past: tuple[LedgerPatch, ...] = ()
    """Inverses of the changes made, oldest first."""
    future: tuple[LedgerPatch, ...] = ()
    """Inverses of the undos made, for redo."""

    @property
    def hard(self) -> tuple[Preference, ...]:
        """Preferences no shown item may break."""
        return tuple(p for p in self.preferences if p.hard)

    @property
    def soft(self) -> tuple[Preference, ...]:
        """Preferences that move the ranking."""
        return tuple(p for p in self.preferences if not p.hard)

    @property
    def bare(self) -> bool:
        """Whether nothing is known that could guide a recommendation."""
        return not (self.preferences or self.liked)

    def find(self, preference_id: str) -> Preference | None:
        """The preference with this id, or None."""
        return next((p for p in self.preferences if p.id == preference_id), None)

    def show(self, ids: tuple[str, ...]) -> Ledger:
        """The ledger after these items were shown; not part of what undo takes back."""
        fresh = tuple(i for i in ids if i not in self.shown)
        return self.model_copy(update={"shown": self.shown + fresh})

    def public(self) -> dict[str, object]:
        """The ledger as shown outside: without the inverses kept for undo."""
        return self.model_dump(mode="json", exclude={"past", "future", "next_id", "paused"}) | {
            "can_undo": bool(self.past),
            "can_redo": bool(self.future),
        }

    def apply(self, patch: LedgerPatch) -> Applied:
        """The ledger after `patch`; unknown ids to drop are ignored."""
        if patch.travel:
            return self._travel(patch.travel)
        draft = _Draft(self)
        if patch.clear:
            draft.clear()
        for preference_id in patch.drop:
            draft.drop(preference_id)
        for preference in patch.put:
            draft.put(preference, exact=patch.exact)
        for mark in patch.marks:
            draft.mark(mark)
        draft.decline(patch.decline, patch.undecline)
        draft.agree(patch.agree, patch.disagree)
        if patch.adventurous is not None:
            draft.adventurous = patch.adventurous
        if patch.paused is not None:
            draft.paused = list(patch.paused)
        return draft.finish(self)

    def _travel(self, way: Literal["undo", "redo"]) -> Applied:
        source, target = ("past", "future") if way == "undo" else ("future", "past")
        steps: tuple[LedgerPatch, ...] = getattr(self, source)
        if not steps:
            return Applied(ledger=self)
        # The inverse is applied to a ledger without history; what it records is its own inverse.
        done = self.model_copy(update={"past": (), "future": ()}).apply(steps[-1])
        back = done.ledger.past
        history = {source: steps[:-1], target: getattr(self, target) + back}
        return done.model_copy(update={"ledger": done.ledger.model_copy(update=history)})


class _Draft:
    """A ledger under change; collects what happened so that an inverse can be written."""

    def __init__(self, ledger: Ledger) -> None:
        self.preferences = {p.id: p for p in ledger.preferences}
        self.marks = {name: list(getattr(ledger, name)) for name in MARKED}
        self.declined = list(ledger.declined)
        self.agreed = list(ledger.agreed)
        self.adventurous = ledger.adventurous
        self.next_id = ledger.next_id
        self.paused = list(ledger.paused)
        self.dropped: list[Preference] = []
        self.added: list[Preference] = []
        self.displaced: list[Displaced] = []
        self.hardened: list[Preference] = []

    def clear(self) -> None:
        for preference_id in list(self.preferences):
            self.drop(preference_id)
        for kept in self.marks.values():
            kept.clear()
        self.declined.clear()
        self.agreed.clear()
        self.paused.clear()
        self.adventurous = False

    def drop(self, preference_id: str) -> None:
        self.paused = [p for p in self.paused if p.id != preference_id]
        gone = self.preferences.pop(preference_id, None)
        if gone is not None:
            self.dropped.append(gone)

    def put(self, new: Preference, *, exact: bool) -> None:
        if not exact:
            merged = self._merge(new)
            if merged is None:
                return
            new = merged
        if not new.id:
            new = new.model_copy(update={"id": f"p{self.next_id}"})
            self.next_id += 1
        self.preferences[new.id] = new
        self.added.append(new)

    def _merge(self, new: Preference) -> Preference | None:
        """Make room for `new`: fold it into an equal one, displace what it contradicts."""
        for old in list(self.preferences.values()):
            if new.same_as(old):
                again = _said_again(old, new)
                strength = "hard" if again or "hard" in (old.strength, new.strength) else "soft"
                kept = new.model_copy(update={"id": old.id, "strength": strength, "times": old.times + 1})
                if again:
                    self.hardened.append(kept)
                return kept
            remaining = reconcile(old, new)
            if remaining is old:
                continue
            self.displaced.append(Displaced(old=old, new=new))
            pausing = new.scope == "turn" and old.scope != "turn"
            if remaining is None:
                self.drop(old.id)
            else:
                self.preferences[old.id] = remaining
            if pausing:
                self.paused.append(old)
        if new.scope != "turn":
            self.paused = [left for p in self.paused if (left := reconcile(p, new)) is not None]
        return new

    def resume(self) -> None:
        """Let what was paused hold again where no wish for one list stands in its way any more."""
        once = [p for p in self.preferences.values() if p.scope == "turn"]
        waiting = []
        for held in self.paused:
            if any(reconcile(held, wish) is not held for wish in once):
                waiting.append(held)
            else:
                self.preferences[held.id] = held
        self.paused = waiting

    def mark(self, mark: Mark) -> None:
        if mark.opinion is not None:
            for name in ("liked", "disliked"):
                if mark.item in self.marks[name]:
                    self.marks[name].remove(mark.item)
            if mark.opinion != "none":
                self.marks[mark.opinion].append(mark.item)
        for name, side in (("seen", mark.seen), ("anchors", mark.anchor)):
            if side is not None and mark.item in self.marks[name]:
                self.marks[name].remove(mark.item)
            if side:
                self.marks[name].append(mark.item)

    def decline(self, fields: tuple[str, ...], taken_back: tuple[str, ...]) -> None:
        self.declined = [f for f in self.declined if f not in taken_back and f not in fields]
        self.declined.extend(fields)

    def agree(self, confirmed: tuple[str, ...], taken_back: tuple[str, ...]) -> None:
        self.agreed = [a for a in self.agreed if a not in taken_back and a not in confirmed]
        self.agreed.extend(confirmed)

    def finish(self, before: Ledger) -> Applied:
        self.resume()
        after = Ledger(
            preferences=tuple(sorted(self.preferences.values(), key=lambda p: int(p.id[1:]))),
            liked=tuple(self.marks["liked"]),
            disliked=tuple(self.marks["disliked"]),
            seen=tuple(self.marks["seen"]),
            anchors=tuple(i for i in self.marks["anchors"] if i in self.marks["liked"]),
            adventurous=self.adventurous,
            shown=before.shown,
            declined=tuple(self.declined),
            agreed=tuple(self.agreed),
            paused=tuple(self.paused),
            next_id=self.next_id,
        )
        inverse = inverse_of(before, after)
        changed = not inverse.empty
        history = (
            {"past": (*before.past, inverse)[-MOST_STEPS:], "future": ()}
            if changed
            else {
                "past": before.past,
                "future": before.future,
            }
        )
        return Applied(
            ledger=after.model_copy(update=history),
            put=tuple(p for p in self.added if p.id in self.preferences),
            dropped=tuple(self.dropped),
            displaced=tuple(self.displaced),
            hardened=tuple(self.hardened),
            changed=changed,
        )


def inverse_of(before: Ledger, after: Ledger) -> LedgerPatch:
    """The patch that turns `after` back into `before` (empty when they are equal)."""
    old = {p.id: p for p in before.preferences}
    new = {p.id: p for p in after.preferences}
    put = tuple(p for key, p in old.items() if new.get(key) != p)
    drop = tuple(key for key in new if key not in old)
    touched = {item for name in MARKED for item in set(getattr(before, name)) ^ set(getattr(after, name))}
    marks = tuple(
        Mark(
            item=item,
            opinion="liked" if item in before.liked else "disliked" if item in before.disliked else "none",
            seen=item in before.seen,
            anchor=True if item in before.anchors else False if item in after.anchors else None,
        )
        for item in sorted(touched)
    )
    return LedgerPatch(
        put=put,
        drop=drop,
        marks=marks,
        decline=tuple(f for f in before.declined if f not in after.declined),
        undecline=tuple(f for f in after.declined if f not in before.declined),
        agree=tuple(a for a in before.agreed if a not in after.agreed),
        disagree=tuple(a for a in after.agreed if a not in before.agreed),
        adventurous=before.adventurous if before.adventurous != after.adventurous else None,
        paused=before.paused if before.paused != after.paused else None,
        exact=bool(put),
    )


def _said_again(old: Preference, new: Preference) -> bool:
    """Whether a soft wish is plainly asked for in a second turn, which makes it hard."""
    plain = min(old.confidence, new.confidence) >= 1
    return plain and not old.hard and not new.hard and new.turn > old.turn > 0


def contradict(old: Preference, new: Preference) -> bool:
    """Whether no item can satisfy both: one refuses what the other wants, or their ranges have nothing in common."""
    if old.field != new.field or old.field is None:
        return False
    if old.polarity != new.polarity:
        return _clash(old, new)
    bounds = {"lt", "le", "gt", "ge", "between", "eq"}
    if old.polarity == "avoid" or not {old.op, new.op} <= bounds or not (_numbers(old) and _numbers(new)):
        return False
    (old_low, old_high), (new_low, new_high) = span(old), span(new)
    return max(old_low, new_low) > min(old_high, new_high)


def _clash(old: Preference, new: Preference) -> bool:
    """Whether one refuses what the other wants; values refused only together clash with a wish for all of them."""
    shared = set(old.values) & set(new.values)
    refused, wanted = (old, new) if old.polarity == "avoid" else (new, old)
    together = refused.op == "all_of" and len(refused.values) > 1
    return bool(shared) and not (together and (wanted.op != "all_of" or not set(refused.values) <= set(wanted.values)))


def reconcile(old: Preference, new: Preference) -> Preference | None:
    """What is left of `old` once `new` has been said: itself, less of it, or None.

    Rules: on a number field a newer bound in the same direction, a newer range that leaves no number in common, and
    a reversed wish displace the older one; on a category field a value now avoided leaves the older wish, a value
    now wanted leaves the older avoidance.
    """
    if old.field != new.field:
        return old
    if old.field is None:
        return None if old.value == new.value else old
    if old.polarity != new.polarity:
        return _without(old, new.values) if _clash(old, new) else old
    numeric = {"lt", "le", "gt", "ge", "between"}
    if old.polarity == "want" and old.op in numeric and new.op in numeric | {"eq"}:
        return _number_rule(old, new)
    if old.polarity == "want" and {old.op, new.op} <= {"eq", *numeric} and old.op == "eq":
        return None if _numbers(old) and _numbers(new) else old
    return old


def _without(old: Preference, values: tuple[object, ...]) -> Preference | None:
    left = tuple(v for v in old.values if v not in values)
    if left == old.values:
        return old
    if not left or old.op in {"lt", "le", "gt", "ge", "between"}:
        return None
    return old.model_copy(update={"value": left if isinstance(old.value, tuple) else left[0]})


def _number_rule(old: Preference, new: Preference) -> Preference | None:
    upper, lower = {"lt", "le"}, {"gt", "ge"}
    same_way = any(old.op in way and new.op in way for way in (upper, lower))
    if same_way or new.op == "eq":
        return None
    if not (_numbers(old) and _numbers(new)):  # bounds on a category with an order: both directions may stand
        return old
    (old_low, old_high), (new_low, new_high) = span(old), span(new)
    return old if max(old_low, new_low) <= min(old_high, new_high) else None


def _numbers(preference: Preference) -> bool:
    return all(isinstance(v, int | float) and not isinstance(v, bool) for v in preference.values)


def span(preference: Preference) -> tuple[float, float]:
    """The closed interval of numbers a wanted number preference allows."""
    first = float(preference.values[0])
    match preference.op:
        case "between":
            return first, float(preference.values[1])
        case "lt" | "le":
            return float("-inf"), first
        case "gt" | "ge":
            return first, float("inf")
    return first, first


Applied.model_rebuild()
