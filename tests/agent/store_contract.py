"""What every conversation store must do, whatever database is behind it."""

from __future__ import annotations

import threading

import pytest

from agent.requests import Request
from agent.store import SqlStore
from agent.transcripts import Transcript, digest_of
from core.errors import BadInput, ConversationMoved, RequestReused, UnknownConversation
from core.turn import Conversation
from tests.agent.samples import turn_after, wish


def beside(store: SqlStore) -> SqlStore:
    """Another program at the same database."""
    return SqlStore(store._engine.url.render_as_string(hide_password=False), clock=store._clock)


class StoreContract:
    """Inherit, and give a fixture `store`."""

    def test_what_is_appended_is_loaded(self, store: SqlStore) -> None:
        conversation = store.create("teas")
        ledger = conversation.ledger.apply(wish("green")).ledger
        conversation = store.append(conversation, turn_after(conversation, "something green", ledger))
        conversation = store.append(conversation, turn_after(conversation, "zażółć 🫖 \x00 \"'"))
        loaded = store.load(conversation.id)
        assert loaded == conversation
        assert loaded.ledger.preferences[0].value == ("green",)
        assert [t.number for t in loaded.turns] == [1, 2]
        assert loaded.title == "something green"

    def test_an_unknown_conversation_is_said_to_be_unknown(self, store: SqlStore) -> None:
        with pytest.raises(UnknownConversation):
            store.load("nobody")
        ghost = Conversation(id="nobody", catalog="teas")
        with pytest.raises(UnknownConversation):
            store.append(ghost, turn_after(ghost, "hello"))
        with pytest.raises(UnknownConversation):
            store.edit(ghost, wish("green"))

    def test_the_second_tab_is_told_that_the_conversation_moved(self, store: SqlStore) -> None:
        first = second = store.create("teas")
        store.append(first, turn_after(first, "from the first tab"))
        with pytest.raises(ConversationMoved):
            store.append(second, turn_after(second, "from the second tab"))
        assert [t.message for t in store.load(first.id).turns] == ["from the first tab"]

    def test_an_edit_counts_as_a_change_too(self, store: SqlStore) -> None:
        opened = store.create("teas")
        edited = store.edit(opened, wish("green"))
        with pytest.raises(ConversationMoved):
            store.append(opened, turn_after(opened, "without the chip"))
        with pytest.raises(ConversationMoved):
            store.edit(opened, wish("black"))
        assert store.append(edited, turn_after(edited, "with the chip")) == store.load(opened.id)

    def test_a_turn_out_of_order_is_refused(self, store: SqlStore) -> None:
        conversation = store.create("teas")
        turn = turn_after(conversation, "hello").model_copy(update={"number": 2})
        with pytest.raises(ConversationMoved):
            store.append(conversation, turn)
        assert store.load(conversation.id).turns == ()

    def test_recent_conversations_come_newest_first_and_without_turns(self, store: SqlStore) -> None:
        keys = [store.create("teas").id for _ in range(3)]
        oldest = store.load(keys[0])
        store.append(oldest, turn_after(oldest, "again"))
        recent = store.recent(2)
        assert [c.id for c in recent] == [keys[0], keys[2]]
        assert recent[0].turns == ()
        assert recent[0].title == "again"

    def test_deleting_forgets_everything(self, store: SqlStore) -> None:
        conversation = store.create("teas", "keepsake")
        store.append(conversation, turn_after(conversation, "hello"))
        assert len(store.load("keepsake").turns) == 1
        store.delete("keepsake")
        store.delete("keepsake")
        with pytest.raises(UnknownConversation):
            store.load("keepsake")
        store.create("teas", "keepsake")
        assert store.load("keepsake").turns == ()

    def test_what_others_do_is_seen_though_turns_are_kept_in_memory(self, store: SqlStore) -> None:
        here, there = store, beside(store)
        conversation = here.create("teas", "shared")
        for number, by in enumerate((here, there, there, here), start=1):
            conversation = by.append(conversation, turn_after(conversation, f"number {number}"))
            assert here.load("shared") == there.load("shared") == conversation
        there.delete("shared")
        with pytest.raises(UnknownConversation):
            here.load("shared")
        there.create("teas", "shared")
        assert here.load("shared").turns == ()
        there.close()

    @pytest.mark.parametrize("key", ["", "a b", "-x", "../etc", "x" * 65, "a/b"])
    def test_ids_stay_safe_in_urls(self, store: SqlStore, key: str) -> None:
        with pytest.raises(BadInput):
            store.create("teas", key)

    def test_a_taken_id_is_refused(self, store: SqlStore) -> None:
        store.create("teas", "mine")
        with pytest.raises(BadInput):
            store.create("teas", "mine")

    def test_many_tabs_at_once_lose_and_double_nothing(self, store: SqlStore) -> None:
        key = store.create("teas").id
        won: list[str] = []

        def tab(name: int) -> None:
            for n in range(6):
                message = f"{name}:{n}"
                while True:
                    conversation = store.load(key)
                    try:
                        store.append(conversation, turn_after(conversation, message))
                    except ConversationMoved:
                        continue
                    won.append(message)
                    break

        tabs = [threading.Thread(target=tab, args=(name,)) for name in range(5)]
        for thread in tabs:
            thread.start()
        for thread in tabs:
            thread.join()
        held = store.load(key)
        assert sorted(t.message for t in held.turns) == sorted(won)
        assert len(won) == 30
        assert [t.number for t in held.turns] == list(range(1, 31))
        assert held.version == 30

    def test_what_is_one_owners_is_unknown_to_others(self, store: SqlStore) -> None:
        mine, local = store.create("teas", owner="ada"), store.create("teas")
        assert store.load(mine.id, "ada").owner == "ada"
        for stranger in ("", "bob"):
            with pytest.raises(UnknownConversation):
                store.load(mine.id, stranger)
        with pytest.raises(UnknownConversation):
            store.load(local.id, "ada")
        assert [c.id for c in store.recent(owner="ada")] == [mine.id]
        assert mine.id not in [c.id for c in store.recent()]

    def test_a_request_is_remembered_with_its_turn_or_not_at_all(self, store: SqlStore) -> None:
        request = Request("ada", "r1", "digest")
        conversation = store.create("teas", owner="ada")
        assert store.requests.find(request) is None
        after = store.append(conversation, turn_after(conversation, "hello"), entries=[request])
        found = store.requests.find(request)
        assert found is not None
        assert (found.conversation, found.number) == (conversation.id, 1)
        with pytest.raises(ConversationMoved):
            store.append(after, turn_after(after, "hello again"), entries=[request])
        assert store.load(conversation.id) == after
        assert store.requests.find(Request("bob", "r1", "digest")) is None
        with pytest.raises(RequestReused):
            store.requests.find(Request("ada", "r1", "another"))

    def test_a_conversation_is_found_by_what_was_said(self, store: SqlStore) -> None:
        conversation = store.create("teas", owner="ada")
        first = turn_after(conversation, "something green")
        digest = digest_of("teas", "", [("user", "something green"), ("assistant", first.reply)])
        store.append(conversation, first, entries=[Transcript("", ())])
        assert store.transcripts.find("ada", digest) == (conversation.id, 1)
        assert store.transcripts.find("bob", digest) is None
        assert digest == digest_of("teas", "", [("user", "something  green\n"), ("assistant", f" {first.reply}")])
        assert digest != digest_of("teas", "", [("user", "something green" + first.reply), ("assistant", "")])
        other = store.create("teas", owner="ada")
        store.append(other, turn_after(other, "something green"), entries=[Transcript("", ())])
        assert store.transcripts.find("ada", digest) == (other.id, 1)
        store.delete(other.id)
        assert store.transcripts.find("ada", digest) is None

    def test_a_fork_begins_with_the_turns_it_took_over(self, store: SqlStore) -> None:
        conversation = store.create("teas", owner="ada")
        ledger = conversation.ledger.apply(wish("green")).ledger
        first = store.append(conversation, turn_after(conversation, "something green", ledger))
        second = store.append(first, turn_after(first, "and cheap"))
        fork = store.fork(second, 1)
        assert store.load(fork.id, "ada") == fork
        assert (len(fork.turns), fork.ledger, fork.title) == (1, ledger, first.title)
        assert fork.turns[0].conversation == fork.id
        assert store.append(fork, turn_after(fork, "or dear")).turns[1].message == "or dear"
        assert store.load(conversation.id) == second

    def test_a_key_opens_until_it_is_revoked_or_expires(self, store: SqlStore) -> None:
        held, text = store.keys.add("ada", ["teas"])
        assert store.keys.check(text) == held
        assert text.split("_", 2)[2] not in held.model_dump_json()
        for wrong in ("", "tm_", text[:-1], text + "a", text[:-1] + ("a" if text[-1] != "a" else "b"), "\ud800"):
            assert store.keys.check(wrong) is None
        with pytest.raises(BadInput):
            store.keys.add("Ada Lovelace")
        with pytest.raises(BadInput):
            store.keys.revoke("nobody")
        store.keys.revoke(held.id)
        assert store.keys.check(text) is None
        _, brief = store.keys.add("ada", days=0)
        assert store.keys.check(brief) is None
        assert len(store.keys.all()) == 2
