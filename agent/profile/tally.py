"""What is kept beside a profile: what has been said how often, and the way back of each conversation."""

from __future__ import annotations

from agent.profile.delta import Delta
from core.ledger import MOST_STEPS
from core.preferences import Preference
from core.profile import Profile
from core.values import Value

MOST_SAID = 400
"""Different preferences counted; the one not said for longest is forgotten first."""
MOST_JOURNALS = 30
"""Conversations in which undo still reaches the profile."""


class Said(Value):
    """A preference and the conversations in which it was said."""

    preference: Preference
    conversations: tuple[str, ...]


class Step(Value):
    """What one change of a conversation's ledger did to the profile; often nothing."""

    turn: int = 0
    """The turn that brought it; 0 for a change by hand."""
    back: Delta = Delta()
    counted: tuple[Preference, ...] = ()
    """Preferences counted for this conversation by this step."""


class Journal(Value):
    """The steps of one conversation, in step with the undo history of its ledger."""

    past: tuple[Step, ...] = ()
    future: tuple[Step, ...] = ()

    def push(self, step: Step) -> Journal:
        """The journal after a new step; what was undone before cannot be redone any more."""
        return Journal(past=(*self.past, step)[-MOST_STEPS:])


class Tally(Value):
    """What is counted of a person in one catalogue."""

    said: tuple[Said, ...] = ()
    journals: dict[str, Journal] = {}
    next_id: int = 1
    """Ids of preferences are never used twice."""

    def heard(self, preference: Preference) -> tuple[str, ...]:
        """The conversations in which a preference was said."""
        return next((s.conversations for s in self.said if s.preference.same_as(preference)), ())

    def count(self, preference: Preference, conversation: str) -> Tally:
        """The tally after a preference was said in a conversation; a second time there counts nothing."""
        heard = self.heard(preference)
        if conversation in heard:
            return self
        entry = Said(preference=bare(preference), conversations=(*heard, conversation))
        if not heard:
            return self.model_copy(update={"said": (*self.said, entry)[-MOST_SAID:]})
        said = tuple(entry if s.preference.same_as(preference) else s for s in self.said)
        return self.model_copy(update={"said": said})

    def uncount(self, preference: Preference, conversation: str) -> Tally:
        """The tally without the mention of a preference in a conversation."""
        left = []
        for entry in self.said:
            there = entry.conversations
            if entry.preference.same_as(preference):
                there = tuple(c for c in there if c != conversation)
            if there:
                left.append(entry.model_copy(update={"conversations": there}))
        return self.model_copy(update={"said": tuple(left)})

    def forget(self, preference: Preference) -> Tally:
        """The tally with a preference counted from nothing again."""
        return self.model_copy(update={"said": tuple(s for s in self.said if not s.preference.same_as(preference))})

    def without(self, conversation: str) -> Tally:
        """The tally without anything of a conversation."""
        after = self
        for entry in self.said:
            after = after.uncount(entry.preference, conversation)
        journals = {key: j for key, j in self.journals.items() if key != conversation}
        return after.model_copy(update={"journals": journals})

    def journal(self, conversation: str) -> Journal:
        """The journal of a conversation."""
        return self.journals.get(conversation, Journal())

    def write(self, conversation: str, journal: Journal) -> Tally:
        """The tally with the journal of a conversation, which becomes the latest one."""
        others = {key: j for key, j in self.journals.items() if key != conversation}
        latest = dict([*others.items(), (conversation, journal)][-MOST_JOURNALS:])
        return self.model_copy(update={"journals": latest})


class Kept(Value):
    """Everything that is kept of one person in one catalogue."""

    profile: Profile = Profile()
    tally: Tally = Tally()


def bare(preference: Preference) -> Preference:
    """What a preference says, without who said it when and how."""
    return Preference(
        field=preference.field, op=preference.op, value=preference.value, polarity=preference.polarity, scope="person"
    )
