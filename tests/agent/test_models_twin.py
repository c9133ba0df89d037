"""The language twin: one catalogue's plan and reply, from the model's words to checked values."""

from __future__ import annotations

import json

import numpy as np
import pytest

from agent.listen import Listened
from agent.outcome import Recommended, Remarks
from agent.twin import LanguageTwin
from core.errors import ModelBrokeSchema
from core.ledger import Ledger, LedgerPatch
from core.plan import Recommend
from core.preferences import Preference
from core.turn import Choice, Conversation, Question, Recommendation
from tests.agent.samples import ALL_TEAS, DRAGON, PUERH, SENCHA, SMOKE, TEAS, Shelf
from tools.catalog.columns import NumberColumn, category_column
from tools.linking.lexicon import build_lexicon
from tools.linking.linker import Linker
from tools.linking.titles import build_titles


def make_twin() -> LanguageTwin:
    columns = {
        spec.name: category_column([[str(v) for v in tea.values(spec.name)] for tea in ALL_TEAS])
        for spec in TEAS.fields
        if spec.type in {"category", "people"}
    }
    steep = [next(iter(tea.values("steep")), np.nan) for tea in ALL_TEAS]
    held = {**columns, "steep": NumberColumn(np.array(steep, dtype=float))}
    titles = build_titles([tea.title for tea in ALL_TEAS])
    return LanguageTwin.of(Linker(Shelf(), held, build_lexicon(TEAS, held), titles))


TWIN = make_twin()
CARDS = tuple(Recommendation(item=tea) for tea in (SENCHA, PUERH, DRAGON))


def listened(remarks: Remarks | None = None) -> Listened:
    wish = Preference(field="steep", op="lt", value=120, quote="under two hours")
    applied = Ledger(liked=("t3",)).apply(LedgerPatch(put=(wish,)))
    return Listened(applied, LedgerPatch(put=(wish,)), remarks or Remarks(understood=applied.put))


def outcome(**more: object) -> Recommended:
    return Recommended(slate=CARDS[:2], cards=CARDS, pool=42, **more)


def test_a_plan_goes_out_with_the_catalogue_and_comes_back_as_a_plan() -> None:
    request = TWIN.plan_request(Conversation(id="c", catalog="teas"), "under two hours")
    assert "2 to 113" in request.system
    assert "black, green, aged" in request.system
    plan = TWIN.parse_plan(
        json.dumps({"act": "recommend", "heard": [{"kind": "want", "field": "steep", "values": ["< 120"]}]})
    )
    assert isinstance(plan.act, Recommend)
    assert plan.heard.wishes[0].value == 120


def test_a_mood_the_catalogue_has_no_word_for_is_searched_as_text() -> None:
    moods = [{"kind": "want", "field": "mood", "values": [word]} for word in ("calm", "cosy")]
    known, unknown = TWIN.parse_plan(json.dumps({"act": "recommend", "heard": moods})).heard.wishes
    assert (known.field, known.value) == ("mood", ("calm",))
    assert (unknown.field, unknown.op, unknown.value, unknown.strength) == (None, "about", "cosy", "soft")


def test_words_that_are_a_value_of_a_field_become_a_wish_on_it() -> None:
    heard = [
        {"kind": "avoid", "values": ["green"]},
        {"kind": "want", "values": ["calm"]},
        {"values": ["green and calm"]},
    ]
    avoid, calm, words = TWIN.parse_plan(json.dumps({"act": "recommend", "heard": heard})).heard.wishes
    assert (avoid.field, avoid.value, avoid.polarity, avoid.strength) == ("kind", ("green",), "avoid", "hard")
    assert (calm.field, calm.value, calm.strength) == ("mood", ("calm",), "soft")
    assert (words.field, words.op) == (None, "about")


def test_the_model_chooses_and_orders_the_slate() -> None:
    request = TWIN.say_request(Conversation(id="c", catalog="teas"), "hi", listened(), outcome())
    assert request.stream
    assert "more like: Smoke" in request.user
    text = "Under 2 h, of 42 that fit:\n- [[3]] from 1650, like Smoke.\n- [[1]] takes 2 minutes."
    slate, reply, note = TWIN.parse_say(text, outcome(), listened())
    assert [card.item.id for card in slate] == ["t4", "t1"]
    assert reply.startswith("Under 2 h, of 42 that fit:\n- **Dragon Well** from 1650")
    assert note == ""


def test_what_does_not_hold_is_mended_and_noted() -> None:
    text = "- [[1]] takes 2 minutes. Lin Bao grows it.\n- [[2]] is aged. Goes with The Long Night and Dragon Well."
    slate, reply, note = TWIN.parse_say(text, outcome(), listened())
    assert reply == "- **Morning Sencha** takes 2 minutes.\n- **The Long Night** is aged."
    assert "Lin Bao" in note
    assert "Dragon Well" in note
    assert len(slate) == 2


@pytest.mark.parametrize("text", ["I would try tea.", "- [[1]] is from 1999.", "See [[7]]."])
def test_too_little_left_is_an_error_the_turn_falls_back_from(text: str) -> None:
    with pytest.raises(ModelBrokeSchema):
        TWIN.parse_say(text, outcome(), listened())


def test_cards_past_the_slates_size_are_not_talked_about() -> None:
    text = "- [[3]] is green.\n- [[1]] too.\n- [[2]] is aged."
    slate, reply, _ = TWIN.parse_say(text, outcome(), listened())
    assert [card.item.id for card in slate] == ["t4", "t1"]
    assert "Long Night" not in reply


def test_what_must_be_said_is_said_in_code_when_the_model_forgets_it() -> None:
    promoted = CARDS[0].model_copy(update={"notices": ("promoted",)})
    question = Question(text="Loose or in bags?", kind="preference", choices=(Choice(label="loose", count=12),))
    given = Recommended(slate=(promoted,), cards=(promoted, *CARDS[1:]), pool=3, question=question)
    remarks = Remarks(unknown_titles=("Klute",), not_understood=("brigadeiro vibes",))
    _, reply, _ = TWIN.parse_say("- [[1]] is grassy.", given, listened(remarks))
    assert reply == (
        "I don't have “Klute” in this catalogue. I did not get *brigadeiro vibes*.\n\n"
        "- **Morning Sencha** (promoted) is grassy.\n\nLoose or in bags?"
    )
    told = "No Klute here, and brigadeiro vibes is new to me.\n- [[1]] (promoted) is grassy.\nLoose, or bags (12)?"
    _, reply, note = TWIN.parse_say(told, given, listened(remarks))
    assert reply.count("promoted") == 1
    assert reply.count("Klute") == 1
    assert reply.endswith("bags (12)?")
    assert note == ""


def test_what_could_not_be_used_may_be_told_in_other_words() -> None:
    given, remarks = outcome(), Remarks(not_understood=("cheaper than 10 euros",))
    told = "Prices in euros I cannot see; cheaper or not, here are two.\n- [[1]] is grassy.\n- [[2]] is aged."
    _, reply, _ = TWIN.parse_say(told, given, listened(remarks))
    assert "I did not get" not in reply
    _, reply, _ = TWIN.parse_say("- [[1]] is grassy.\n- [[2]] is aged.", given, listened(remarks))
    assert reply.startswith("I did not get *cheaper than 10 euros*.")


def test_a_number_of_the_message_may_be_repeated() -> None:
    text = "For a guest of 77.\n- [[1]] is grassy.\n- [[2]] is aged."
    assert TWIN.parse_say(text, outcome(), listened(), "she is 77")[1].startswith("For a guest of 77.")
    assert "77" not in TWIN.parse_say(text, outcome(), listened())[1]


def test_without_cards_of_its_own_the_outcomes_slate_is_offered() -> None:
    request = TWIN.say_request(
        Conversation(id="c", catalog="teas"), "hi", listened(), Recommended(slate=(Recommendation(item=SMOKE),), pool=1)
    )
    assert request.cards == {1: "Smoke"}
