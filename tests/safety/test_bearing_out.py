"""What a message bears out of a model's plan, and what is kept to although the plan passes it over."""

from __future__ import annotations

import json

import pytest

from agent.bearing_out import borne_out, fit
from agent.keeping import with_what_was_said
from agent.model_planner import parse_plan
from agent.streaming import ProseFilter
from core.ledger import Ledger, LedgerPatch, Mark
from core.plan import TurnPlan
from core.preferences import Preference
from core.turn import Choice, Conversation, Question
from prompts.recital import recites
from tests.agent.samples import turn_after
from tests.worlds import World, demo_world

LIMIT = {"films": ("runtime", 110, "minutes"), "books": ("pages", 300, "pages")}


@pytest.fixture(params=["films", "books"])
def world(request: pytest.FixtureRequest) -> World:
    return demo_world(request.param)


def talk(world: World, question: Question | None = None) -> Conversation:
    """A conversation in which a genre was refused and a limit set."""
    name = world.catalog.name
    field, bound, _ = LIMIT[name]
    refused = Preference(field="genres", op="any_of", value=("Horror",), polarity="avoid", quote="no horror", turn=1)
    limit = Preference(field=field, op="lt", value=bound, quote=f"under {bound}", turn=1)
    known = (Mark(item=world.catalog.items[0].id, seen=True), Mark(item=world.catalog.items[1].id, opinion="disliked"))
    ledger = Ledger().apply(LedgerPatch(put=(refused, limit), marks=known)).ledger
    begun = Conversation(id="c", catalog=name)
    return begun.plus(turn_after(begun, "no horror", ledger, question=question))


def held(world: World, message: str, *heard: object, question: Question | None = None, **more: object) -> tuple:
    """The plan as far as it is borne out, what was refused, and the ledger after it."""
    wire = json.dumps({"act": "recommend", "heard": heard} | more)
    conversation = talk(world, question)
    spoken = world.planner.plan(conversation, message)
    linker = world.listener.linker
    plan, refused = borne_out(parse_plan(wire, linker.catalog.schema), spoken, conversation, message, linker)
    plan, _ = with_what_was_said(plan, spoken, conversation, linker)
    return plan, refused, world.listener.listen(conversation, plan.heard).applied.ledger


def drop(quote: str, **more: object) -> dict[str, object]:
    return {"kind": "drop", "field": "genres", "values": ["Horror"], "quote": quote} | more


def test_what_the_message_takes_back_is_taken_back(world: World) -> None:
    for message in ("horror is fine now", "Horror ist jetzt doch in Ordnung", "forget the genre"):
        _, refused, ledger = held(world, message, drop(message))
        assert refused == ()
        assert "p1" not in {p.id for p in ledger.preferences}


@pytest.mark.parametrize("quote", ["the person no longer minds horror", "something newer", ""])
def test_what_it_does_not_name_stays(world: World, quote: str) -> None:
    _, refused, ledger = held(world, "something newer, please", drop(quote), drop(quote, kind="any", values=[]))
    assert len(refused) == 2
    assert ledger.find("p1") is not None


def test_what_is_not_taken_back_is_told_in_the_words_that_only_the_model_read(world: World) -> None:
    message = "les histoires qui font peur, pourquoi pas"
    plan, refused, ledger = held(world, message, drop(message))
    assert refused == ("letting go of “genres”",)
    assert ledger.find("p1") is not None
    assert plan.heard.not_understood == (message,)
    assert held(world, "something newer, please", drop("something newer"))[0].heard.not_understood == ()


@pytest.mark.parametrize("kind", ["want", "instead"])
def test_what_is_refused_is_not_wanted_unless_the_message_names_it(world: World, kind: str) -> None:
    wish = {"kind": kind, "field": "genres", "values": ["Horror"]}
    assert held(world, "something newer", wish | {"quote": "something newer"})[2].find("p1") is not None
    assert held(world, "rather a horror story", wish | {"quote": "rather a horror story"})[2].find("p1") is None


def test_a_limit_is_not_widened_by_a_number_nobody_said(world: World) -> None:
    field, _, unit = LIMIT[world.catalog.name]
    wide = {"kind": "want", "field": field, "values": ["> 400"], "quote": "please"}
    assert held(world, "something nice, please", wide)[2].find("p2") is not None
    said = held(world, f"actually over 400 {unit}", wide | {"quote": f"over 400 {unit}"})[2]
    assert [p.value for p in said.preferences if p.field == field] == [400]


@pytest.mark.parametrize(("signal", "said"), [("reset", "start over"), ("undo", "undo that")])
def test_starting_over_and_undoing_must_be_said(world: World, signal: str, said: str) -> None:
    assert held(world, "something newer", signals=[signal])[2].find("p1") is not None
    assert held(world, said, signals=[signal])[2].find("p1") is None


def test_nobody_answers_in_the_persons_name(world: World) -> None:
    give_up = Choice(label="yes, it may go", patch=LedgerPatch(drop=("p1",), agree=("a=b",)), aliases=("yes",))
    asked = Question(text="May it go?", kind="confirm", choices=(give_up, Choice(label="no")))
    _, refused, ledger = held(world, "something newer", answer=1, question=asked)
    assert refused == ("an answer to our question",)
    assert (ledger.agreed, ledger.find("p1") is None) == ((), False)
    assert held(world, "yes", answer=1, question=asked)[2].agreed == ("a=b",)


def test_what_is_known_of_items_is_lifted_only_by_name(world: World) -> None:
    seen, disliked = world.catalog.items[:2]
    entries = [{"kind": "unseen", "item": seen.title, "quote": "newer"}, {"kind": "drop", "item": disliked.title},
               {"kind": "keen", "item": disliked.title, "quote": "something"}]  # fmt: skip
    ledger = held(world, "something newer", *entries)[2]
    assert (ledger.seen, ledger.disliked) == ((seen.id,), (disliked.id,))
    ledger = held(world, f"I have not seen {seen.title}", entries[0] | {"quote": seen.title})[2]
    assert ledger.seen == ()


def test_words_of_the_models_own_carry_nothing_else(world: World) -> None:
    link, prompt = "see https://collect.example/x", "what was heard in the message, and the act that follows"
    for words in (link, prompt, "x" * 300):
        plan, _, ledger = held(
            world, "something newer", {"kind": "want", "field": "", "values": [words], "quote": words},
            {"kind": "unclear", "quote": words}, {"kind": "liked", "item": words, "quote": words},
            search={"query": words, "titles": [words]},
        )  # fmt: skip
        assert words not in plan.model_dump_json()
        assert words not in ledger.model_dump_json()
    cosy = {"kind": "want", "field": "", "values": ["gentle, nostalgic"], "quote": "like a rainy Sunday"}
    plan, refused, _ = held(world, "something that feels like a rainy Sunday", cosy)
    assert (plan.heard.wishes[0].value, refused) == ("gentle, nostalgic", ())


def test_what_the_person_said_holds_when_the_model_passes_it_over(world: World) -> None:
    field, bound, unit = LIMIT[world.catalog.name]
    message = f"no romance, under {bound - 10} {unit}"
    weaker = {"kind": "want", "field": field, "values": ["< 9999"], "quote": message, "mods": ["soft"]}
    flipped = {"kind": "want", "field": "genres", "values": ["Romance"], "quote": "no romance"}
    for heard in ([], [weaker], [flipped]):
        ledger = held(world, message, *heard)[2]
        hard = {(p.field, p.value, p.polarity) for p in ledger.hard}
        assert {("genres", ("Romance",), "avoid"), (field, bound - 10, "want")} <= hard


def test_a_plan_that_heard_it_all_is_left_alone(world: World) -> None:
    message = "a comedy, no romance"
    wire = [{"kind": "want", "field": "genres", "values": ["comedy"], "quote": "a comedy"},
            {"kind": "avoid", "field": "genres", "values": ["romance"], "quote": "no romance"}]  # fmt: skip
    linker, conversation = world.listener.linker, talk(world)
    plan = parse_plan(json.dumps({"act": "recommend", "heard": wire}), linker.catalog.schema)
    spoken = world.planner.plan(conversation, message)
    kept, refused = borne_out(plan, spoken, conversation, message, linker)
    assert (kept, refused) == (plan, ())
    assert with_what_was_said(kept, spoken, conversation, linker) == (plan, ())


def test_a_question_about_items_adds_no_wishes(world: World) -> None:
    message = "how many horror ones are under 100?"
    plan = TurnPlan.model_validate({"act": {"kind": "count"}})
    spoken = world.planner.plan(talk(world), message)
    assert with_what_was_said(plan, spoken, talk(world), world.listener.linker) == (plan, ())


def test_a_recital_is_known_in_any_spelling_and_plain_talk_is_not_one() -> None:
    said = "Only what stands on a card is known: copy numbers, names and facts"
    for text in (said, said.upper(), " ".join(said), said.replace(" ", "_")):
        assert recites(text)
    assert not recites("A calm one from 1974, with all that you asked for, and not too long.")
    assert fit("calm and slow", 80)


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_streamed_prose_is_inert_however_it_is_cut(size: int) -> None:
    text = (
        "Take [[1]], it is calm. See [a. b](https://collect.example/x) and <img alt='a. b' src=x onerror=go()>, then "
        "ht<b>tps://collect.example/c now. Only what stands on a card is known: copy numbers, names and facts from it. "
        "Enjoy."
    )
    prose = ProseFilter({1: "Morning Sencha"})
    shown = "".join(prose.feed(text[n : n + size]) for n in range(0, len(text), size)) + prose.finish()
    assert shown.startswith("Take **Morning Sencha**, it is calm.")
    assert shown.endswith("Enjoy.")
    assert "collect.example/" not in shown
    assert "<i" not in shown
    assert "](" not in shown
    assert not recites(shown)
