"""The model planner: what a model filled in, read as a plan that fits the catalogue."""

from __future__ import annotations

import contextlib
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model_planner import CatalogFacts, parse_plan, plan_schema
from agent.wire import ActName, WireCritique, WireOpinion, WirePlan, WireReference, WireRetraction, WireWish
from core.errors import ModelBrokeSchema
from core.plan import Ask, Chat, Check, Compare, Count, Explain, LookUp, Recommend, Reference, Show, TurnPlan
from core.schema import Op
from tests.agent.samples import TEAS
from tools.catalog.columns import NumberColumn, category_column


def read(**filled: Any) -> TurnPlan:
    return parse_plan(json.dumps({"act": "recommend"} | filled), TEAS)


def wish(field: str, op: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "op": op, "values": list(values)} | more


@pytest.mark.parametrize(
    ("given", "field", "op", "value"),
    [
        (wish("kind", "eq", "green"), "kind", "any_of", ("green",)),
        (wish("kind", "all_of", "green"), "kind", "any_of", ("green",)),
        (wish("growers", "eq", "Lin Bao"), "growers", "any_of", ("Lin Bao",)),
        (wish("steep", "lt", "120"), "steep", "lt", 120),
        (wish("steep", "le", "2.5 minutes"), "steep", "le", 2.5),
        (wish("year", "between", "1979", "1970"), "year", "between", (1970, 1979)),
        (wish("year", "between", "1970-1979"), "year", "between", (1970, 1979)),
        (wish("year", "any_of", "1994"), "year", "eq", 1994),
        (wish("strength", "ge", "medium"), "strength", "ge", "medium"),
        (wish("strength", "between", "medium", "strong"), "strength", "any_of", ("medium", "strong")),
        (wish("organic", "eq", "yes"), "organic", "eq", True),
        (wish("organic", "eq", "No"), "organic", "eq", False),
        (wish("description", "contains", "earthy"), "description", "contains", "earthy"),
        (wish("", "about", "rainy afternoon"), None, "about", "rainy afternoon"),
        (wish("aroma", "eq", "floral"), None, "about", "floral"),
    ],
)
def test_a_wish_takes_the_form_its_field_needs(given: dict[str, Any], field: str, op: str, value: object) -> None:
    (heard,) = read(wishes=[given]).heard.wishes
    assert (heard.field, heard.op, heard.value) == (field, op, value)


def test_a_wish_for_all_of_several_values_is_one_wish_for_each() -> None:
    both = wish("kind", "all_of", "green", "aged", quote="green and aged")
    assert [w.value for w in read(wishes=[both]).heard.wishes] == [("green",), ("aged",)]
    (neither,) = read(wishes=[both | {"polarity": "avoid"}]).heard.wishes
    assert neither.value == ("green", "aged")


def test_what_is_taken_is_heard_so_that_the_answer_can_name_it() -> None:
    taken = read(act="chat", topic="accepted", items=[{"ordinal": 1}]).heard.opinions
    assert [(o.item, o.stance) for o in taken] == [(Reference(ordinal=1), "mentioned")]
    assert read(act="look_up", items=[{"ordinal": 1}]).heard.opinions == ()


def test_a_number_that_is_none_counts_as_not_understood() -> None:
    heard = read(wishes=[wish("steep", "lt", "a while", quote="not for ages"), wish("kind", "eq", "")]).heard
    assert heard.wishes == ()
    assert heard.not_understood == ("not for ages", "kind")


def test_items_are_pointed_at_by_title_place_or_as_a_whole() -> None:
    opinions = [
        {"item": {"title": "Smoke", "year": 2001}, "stance": "liked", "seen": True},
        {"item": {"ordinal": -1}, "stance": "disliked"},
        {"item": {"everything": True}, "stance": "seen"},
        {"item": {}, "stance": "liked"},
    ]
    items = [o.item for o in read(opinions=opinions).heard.opinions]
    assert items == [
        Reference(title="Smoke", year=2001, quote="Smoke"),
        Reference(ordinal=-1),
        Reference(everything=True),
    ]


def test_corrections_critiques_and_answers() -> None:
    heard = read(
        critiques=[
            {"field": "steep", "direction": "less", "quote": "quicker"},
            {"field": "aroma", "direction": "more"},
        ],
        retractions=[
            {"field": "year", "indifferent": True},
            {"field": "steep", "value": "120"},
            {"item": {"title": "Smoke"}},
            {"field": "aroma"},
        ],
        answer=2,
        travel="undo",
    ).heard
    assert [(c.field, c.direction, c.value, c.anchor) for c in heard.critiques] == [("steep", "less", None, None)]
    assert [(r.field, r.value, r.indifferent) for r in heard.retractions] == [
        ("year", None, True),
        ("steep", 120, False),
        (None, None, False),
    ]
    assert heard.answer == 1
    assert heard.travel == "undo"


@pytest.mark.parametrize(
    ("filled", "act"),
    [
        (
            {"act": "recommend", "count": 5, "routes": ["lexical"], "spread": "varied", "query": " oolong "},
            Recommend(count=5, routes=("lexical",), diversity=0.6, query="oolong"),
        ),
        ({"act": "recommend", "count": 99}, Recommend(count=10)),
        ({"act": "ask", "ask_field": "kind"}, Ask(field="kind")),
        ({"act": "ask", "ask_field": "aroma"}, Ask()),
        (
            {"act": "look_up", "items": [{"ordinal": 2}], "fields": ["steep", "aroma"]},
            LookUp(items=(Reference(ordinal=2),), fields=("steep",)),
        ),
        ({"act": "look_up"}, LookUp(items=(Reference(),))),
        ({"act": "check", "items": [{"ordinal": 1}]}, LookUp(items=(Reference(ordinal=1),))),
        (
            {"act": "compare", "fields": ["steep"], "superlative": "less"},
            Compare(items=(Reference(everything=True),), fields=("steep",), superlative="less"),
        ),
        ({"act": "explain", "items": [{"ordinal": 1}]}, Explain(items=(Reference(ordinal=1),))),
        ({"act": "show_ledger"}, Show()),
        ({"act": "count"}, Count()),
        ({"act": "chat", "topic": "thanks"}, Chat(topic="thanks")),
        ({"act": "chat"}, Chat(topic="unclear")),
    ],
)
def test_every_act_is_read_with_its_knobs(filled: dict[str, Any], act: object) -> None:
    assert read(**filled).act == act


def test_conditions_of_a_question_do_not_enter_the_ledger() -> None:
    plan = read(act="check", items=[{"ordinal": 1}], conditions=[wish("kind", "eq", "green")])
    assert isinstance(plan.act, Check)
    assert plan.act.wishes[0].value == ("green",)
    assert plan.heard.wishes == ()


@pytest.mark.parametrize("text", ['```json\n{"act": "show_ledger"}\n```', 'Here you go: {"act": "show_ledger"} Enjoy!'])
def test_json_inside_prose_is_found(text: str) -> None:
    assert parse_plan(text, TEAS).act == Show()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I would recommend tea.", "no object"),
        ('{"act": "recommend"', "no object"),
        ('{"act": recommend}', "not JSON"),
        ("{}", "act"),
        ('{"act": "dance"}', "act"),
        ('{"act": "recommend", "routes": ["telepathy"]}', r"routes\.0"),
        ('{"act": "recommend", "wishes": [{"op": "like"}]}', r"wishes\.0\.op"),
        ('{"act": "recommend", "wishes": "none"}', "wishes"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_place_that_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ModelBrokeSchema, match=reason):
        parse_plan(text, TEAS)


@given(st.text(max_size=80))
def test_no_answer_breaks_the_reading_in_another_way(text: str) -> None:
    with contextlib.suppress(ModelBrokeSchema):
        assert isinstance(parse_plan(text, TEAS), TurnPlan)


wishes = st.lists(
    st.builds(
        WireWish,
        field=st.sampled_from(["", "aroma", *TEAS.by_name]),
        op=st.sampled_from(get_args(Op)),
        values=st.lists(st.text() | st.from_regex(r"-?\d{1,4}( min)?", fullmatch=True), max_size=3),
        quote=st.text(max_size=5),
    ),
    max_size=3,
)
plans = st.builds(
    WirePlan,
    act=st.sampled_from(get_args(ActName)),
    wishes=wishes,
    conditions=wishes,
    opinions=st.lists(st.from_type(WireOpinion), max_size=2),
    critiques=st.lists(st.from_type(WireCritique), max_size=2),
    retractions=st.lists(st.from_type(WireRetraction), max_size=2),
    items=st.lists(st.from_type(WireReference), max_size=2),
    fields=st.lists(st.sampled_from(["aroma", *TEAS.by_name])),
    not_understood=st.lists(st.text(), max_size=2),
    answer=st.integers(),
    count=st.integers(),
    superlative=st.sampled_from(["none", "less", "more"]),
)


@given(plans)
def test_every_plan_of_the_schema_can_be_read(wire: WirePlan) -> None:
    try:
        assert isinstance(parse_plan(wire.model_dump_json(), TEAS), TurnPlan)
    except ModelBrokeSchema as error:
        pytest.fail(str(error))


def walk(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [x for child in node for x in walk(child)]
    return [node, *(x for child in node.values() for x in walk(child))] if isinstance(node, dict) else []


def test_the_schema_is_in_the_dialect_that_servers_enforce() -> None:
    nodes = walk(plan_schema())
    for node in nodes:
        assert not {"default", "minimum", "maximum", "format", "pattern", "oneOf"} & set(node)
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])
        if "$ref" in node:
            assert list(node) == ["$ref"]
            assert node["$ref"].removeprefix("#/$defs/") in plan_schema()["$defs"]
    assert len(json.dumps(plan_schema())) < 4000


def test_facts_are_read_off_the_columns() -> None:
    import numpy as np

    columns = {
        "steep": NumberColumn(np.array([2.0, 113.0, np.nan])),
        "kind": category_column([["green"], ["black", "aged"], ["black"]]),
    }
    facts = CatalogFacts.of(3, columns)
    assert facts.ranges == {"steep": (2.0, 113.0)}
    assert list(facts.values["kind"]) == ["black", "aged", "green"]
