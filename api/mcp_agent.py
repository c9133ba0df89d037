"""The whole agent over MCP: a conversation started, talked in, read, edited, undone and forgotten."""

from __future__ import annotations

from typing import Literal

from agent.edits import ItemMark
from agent.requests import named
from api.mcp_calls import Answer, Call, Offer, hints, in_thread
from api.mcp_views import Edit, Forget, Forgotten, Opine, Read, Reading, Say, Standing, Start, Step, Told
from api.mcp_words import in_words, reading, shown, standing, told
from core.events import StageDone, TurnDone
from core.turn import Conversation


def agent_offers() -> tuple[Offer, ...]:
    """The tools of a conversation."""
    return (
        Offer(
            "start_conversation",
            "Start a conversation",
            "Start a conversation with a person about a catalogue; send_message then carries it on.",
            Start,
            Standing,
            hints(),
            in_thread(_start),
            about_catalog=True,
        ),
        Offer(
            "send_message",
            "Send a message",
            "Hand on what the person says, word for word, and get the turn: the reply, the items shown with their "
            "reasons, the question that is open, the wishes that hold. Show them the reply as it stands. A turn is "
            "finished and kept even when the connection breaks: sent again under the same key, it comes back.",
            Say,
            Told,
            hints(),
            _say,
        ),
        Offer(
            "read_conversation",
            "Read a conversation",
            "A conversation as it stands: its ledger, the question that is open, its last turns.",
            Read,
            Reading,
            hints(read_only=True, idempotent=True),
            in_thread(_read),
        ),
        Offer(
            "edit_ledger",
            "Edit the ledger",
            "Change what is known of the person's wishes: add, revise and drop preferences, mark items. It counts from "
            "the next turn on, and undo takes it back.",
            Edit,
            Standing,
            hints(),
            in_thread(_edit),
        ),
        Offer(
            "undo",
            "Undo",
            "Take the last change of the ledger back; redo brings it again.",
            Step,
            Standing,
            hints(),
            in_thread(lambda call: _travel(call, "undo")),
        ),
        Offer(
            "redo",
            "Redo",
            "Bring back the change of the ledger that was taken back last.",
            Step,
            Standing,
            hints(),
            in_thread(lambda call: _travel(call, "redo")),
        ),
        Offer(
            "give_feedback",
            "Give feedback",
            "Say what the person thinks of an item they were shown, or that they know it; undo takes it back.",
            Opine,
            Standing,
            hints(),
            in_thread(_feedback),
        ),
        Offer(
            "forget_conversation",
            "Forget a conversation",
            "Delete a conversation for good. What has entered a person's profile stays there.",
            Forget,
            Forgotten,
            hints(destructive=True, idempotent=True),
            in_thread(_forget),
        ),
    )


async def _say(call: Call) -> Answer:
    who, asked = call.who, call.given
    who.access.check_controller(asked.controller)
    question = {"message": asked.message, "controller": asked.controller}
    once = named(who.access.owner, asked.key, "say", asked.conversation, question)
    done, stages = None, 0
    events = who.turns.events(
        lambda: who.access.say(asked.conversation, asked.message, asked.controller, once), who.request
    )
    async for event in events:
        if isinstance(event, StageDone):
            stages += 1
            await call.tell(stages, None, event.trace.stage)
        elif isinstance(event, TurnDone):
            done = event.turn
    if done is None:
        raise RuntimeError("the turn ended without TurnDone")
    return Answer(told(who.access, done), done.reply, shown(done))


def _start(call: Call) -> Answer:
    who, asked = call.who, call.given
    person = who.person if asked.person is None else asked.person
    return _as_it_stands(call, who.access.start(call.catalog, person))


def _read(call: Call) -> Answer:
    held = call.who.access.load(call.given.conversation)
    last = held.turns[len(held.turns) - call.given.turns :] if call.given.turns < len(held.turns) else held.turns
    said = "".join(f"\n\nPerson: {turn.message}\nReply: {turn.reply}" for turn in last)
    return Answer(reading(call.who.access, held, last), in_words(call.who.access, held) + said)


def _edit(call: Call) -> Answer:
    asked = call.given
    held = call.who.access.load(asked.conversation)
    return _as_it_stands(call, call.who.access.edit(held, asked, _version(asked.version, held)))


def _travel(call: Call, way: Literal["undo", "redo"]) -> Answer:
    held = call.who.access.load(call.given.conversation)
    return _as_it_stands(call, call.who.access.travel(held, way, _version(call.given.version, held)))


def _feedback(call: Call) -> Answer:
    asked = call.given
    mark = ItemMark(item=asked.item, opinion=asked.opinion, seen=asked.seen)
    return _as_it_stands(call, call.who.access.mark(asked.conversation, mark))


def _forget(call: Call) -> Answer:
    name = call.given.conversation
    call.who.access.delete(name)
    return Answer(Forgotten(conversation=name), f"The conversation {name} is forgotten.")


def _version(named: int | None, held: Conversation) -> int:
    return held.version if named is None else named


def _as_it_stands(call: Call, conversation: Conversation) -> Answer:
    access = call.who.access
    return Answer(standing(access, conversation), in_words(access, conversation))
