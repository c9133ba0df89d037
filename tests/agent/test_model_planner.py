"""The model planner: what a model filled in, read as a plan that fits the catalogue."""

from __future__ import annotations

import contextlib
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model_planner import CatalogFacts, parse_plan, plan_schema
from agent.wire import ActName, Kind, WireAbout, WireEntry, WirePlan, WireSearch
from core.errors import ModelBrokeSchema
from core.plan import Ask, Chat, Check, Compare, Count, Explain, LookUp, Recommend, Reference, Show, TurnPlan
from tests.agent.samples import TEAS
from tools.catalog.columns import NumberColumn, category_column


def read(**filled: Any) -> TurnPlan:
    return parse_plan(json.dumps({"act": "recommend"} | filled), TEAS)


def wish(field: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"kind": "want", "field": field, "values": list(values)} | more


def entry(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind} | more


@pytest.mark.parametrize(
    ("given", "field", "op", "value"),
    [
        (wish("kind", "green"), "kind", "any_of", ("green",)),
        (wish("kind", "green", "black"), "kind", "any_of", ("green", "black")),
        (wish("growers", "Lin Bao"), "growers", "any_of", ("Lin Bao",)),
        (wish("steep", "< 120"), "steep", "lt", 120),
        (wish("steep", "<=2.5 minutes"), "steep", "le", 2.5),
        (wish("steep", "≥ 1,200"), "steep", "ge", 1200),
        (wish("year", "1979 - 1970"), "year", "between", (1970, 1979)),
        (wish("year", "1970–1979"), "year", "between", (1970, 1979)),
        (wish("year", "1970s"), "year", "between", (1970, 1979)),
        (wish("year", ">= 1970", "< 1980"), "year", "between", (1970, 1980)),
        (wish("year", "1994"), "year", "eq", 1994),
        (wish("year", "= 1994"), "year", "eq", 1994),
        (wish("strength", ">= medium"), "strength", "ge", "medium"),
        (wish("strength", "strong - medium"), "strength", "any_of", ("medium", "strong")),
        (wish("strength", "mild"), "strength", "any_of", ("mild",)),
        (wish("organic", "yes"), "organic", "eq", True),
        (wish("organic", "No"), "organic", "eq", False),
        (wish("description", "earthy"), "description", "contains", "earthy"),
        (wish("", "rainy afternoon"), None, "about", "rainy afternoon"),
        (wish("aroma", "floral"), None, "about", "floral"),
    ],
)
def test_a_wish_takes_the_form_its_field_needs(given: dict[str, Any], field: str, op: str, value: object) -> None:
    (heard,) = read(heard=[given]).heard.wishes
    assert (heard.field, heard.op, heard.value) == (field, op, value)


def test_what_is_taken_is_heard_so_that_the_answer_can_name_it() -> None:
    taken = read(act="accepted", about={"items": ["#1"]}).heard.opinions
    assert [(o.item, o.stance) for o in taken] == [(Reference(ordinal=1), "mentioned")]
    assert read(act="look_up", about={"items": ["#1"]}).heard.opinions == ()


def test_a_number_that_is_none_counts_as_not_understood() -> None:
    vague = wish("steep", "< a while", quote="not for ages")
    heard = read(heard=[vague, wish("kind", ""), entry("unclear", quote="cheap")]).heard
    assert heard.wishes == ()
    assert heard.not_understood == ("cheap", "not for ages", "kind")


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("Smoke (2001)", Reference(title="Smoke", year=2001, quote="Smoke")),
        ("Smoke", Reference(title="Smoke", quote="Smoke")),
        ("#2", Reference(ordinal=2)),
        ("#-1", Reference(ordinal=-1)),
        ("#ALL", Reference(everything=True)),
        ("#0", None),
        (" ", None),
    ],
)
def test_items_are_pointed_at_by_title_place_or_as_a_whole(text: str, item: Reference | None) -> None:
    opinions = read(heard=[entry("liked", item=text)]).heard.opinions
    assert [o.item for o in opinions] == ([] if item is None else [item])


@pytest.mark.parametrize(
    ("kind", "stance", "seen"),
    [
        ("liked", "liked", True),
        ("keen", "liked", False),
        ("anchor", "anchor", False),
        ("disliked", "disliked", True),
        ("passed", "disliked", False),
        ("seen", "seen", True),
        ("unseen", "unseen", False),
    ],
)
def test_an_opinion_says_whether_the_item_is_known(kind: str, stance: str, seen: bool) -> None:
    (opinion,) = read(heard=[entry(kind, item="Smoke")]).heard.opinions
    assert (opinion.stance, opinion.seen) == (stance, seen)


def test_corrections_critiques_and_answers() -> None:
    heard = read(
        heard=[
            entry("less", field="steep", quote="quicker", item="#1"),
            entry("more", field="aroma"),
            entry("any", field="year"),
            entry("drop", field="steep", values=["120"]),
            entry("drop", item="Smoke"),
            entry("drop", field="aroma"),
            entry("drop", field="kind", values=["green", "black"]),
        ],
        answer=2,
        signals=["undo", "turns_down", "unexpected"],
    ).heard
    less = [(c.field, c.direction, c.value, c.anchor) for c in heard.critiques]
    assert less == [("steep", "less", None, Reference(ordinal=1))]
    assert [(r.field, r.value, r.indifferent) for r in heard.retractions] == [
        ("year", None, True),
        ("steep", 120, False),
        (None, None, False),
        ("kind", ("green", "black"), False),
    ]
    assert (heard.answer, heard.travel, heard.turns_down, heard.adventurous) == (1, "undo", True, True)
    assert read(answer=-1).heard.answer == -1
    assert read().heard.answer is None


@pytest.mark.parametrize(
    ("more", "polarity", "strength", "scope", "replaces"),
    [
        ({}, "want", "hard", "conversation", False),
        ({"kind": "avoid", "mods": ["always"]}, "avoid", "hard", "person", False),
        ({"kind": "instead", "mods": ["soft", "once"]}, "want", "soft", "turn", True),
    ],
)
def test_how_a_wish_is_meant(more: dict[str, Any], polarity: str, strength: str, scope: str, replaces: bool) -> None:
    (heard,) = read(heard=[wish("kind", "green") | more]).heard.wishes
    assert (heard.polarity, heard.strength, heard.scope, heard.replaces) == (polarity, strength, scope, replaces)


def test_looks_before_deciding() -> None:
    looks = read(
        looks=[
            {"look": "facts", "items": ["Smoke"], "fields": ["growers", "aroma"]},
            {"look": "count", "conditions": [wish("kind", "green")]},
            {"look": "", "text": "nothing to see"},
        ]
    ).looks
    assert [(look.kind, look.fields, len(look.wishes)) for look in looks] == [
        ("facts", ("growers",), 0),
        ("count", (), 1),
    ]
    assert looks[0].items == (Reference(title="Smoke", quote="Smoke"),)


@pytest.mark.parametrize(
    ("filled", "act"),
    [
        (
            {
                "search": {
                    "count": 5,
                    "routes": ["lexical"],
                    "boost": ["dense"],
                    "how": ["varied"],
                    "query": " oolong ",
                    "titles": ["Smoke (2001)"],
                }
            },
            Recommend(
                count=5,
                routes=("lexical",),
                boost=("dense",),
                diversity=0.6,
                query="oolong",
                proposals=(Reference(title="Smoke", year=2001, quote="Smoke"),),
            ),
        ),
        ({"search": {"count": 99}}, Recommend(count=10)),
        ({}, Recommend()),
        ({"search": {"how": ["fame", "in_order"]}}, Recommend(ranker="popular", rerank=False)),
        (
            {"act": "ask", "about": {"fields": ["kind"], "text": " Which kind? "}},
            Ask(field="kind", wording="Which kind?"),
        ),
        ({"act": "ask", "about": {"fields": ["aroma"]}}, Ask()),
        ({"act": "ask"}, Ask()),
        (
            {"act": "look_up", "about": {"items": ["#2"], "fields": ["steep", "aroma"]}},
            LookUp(items=(Reference(ordinal=2),), fields=("steep",)),
        ),
        ({"act": "look_up"}, LookUp(items=(Reference(),))),
        ({"act": "check", "about": {"items": ["#1"]}}, LookUp(items=(Reference(ordinal=1),))),
        (
            {"act": "compare", "about": {"fields": ["steep"], "most": "less"}},
            Compare(items=(Reference(everything=True),), fields=("steep",), superlative="less"),
        ),
        ({"act": "explain", "about": {"items": ["#1"]}}, Explain(items=(Reference(ordinal=1),))),
        ({"act": "show_ledger"}, Show()),
        ({"act": "count"}, Count(left=True)),
        ({"act": "thanks"}, Chat(topic="thanks")),
        ({"act": "unclear"}, Chat(topic="unclear")),
    ],
)
def test_every_act_is_read_with_its_knobs(filled: dict[str, Any], act: object) -> None:
    assert read(**filled).act == act


def test_conditions_of_a_question_do_not_enter_the_ledger() -> None:
    plan = read(act="check", about={"items": ["#1"], "conditions": [wish("kind", "green")]})
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
        ('{"act": "recommend", "search": {"routes": ["telepathy"]}}', r"search\.routes\.0"),
        ('{"act": "recommend", "heard": [{"kind": "like"}]}', r"heard\.0\.kind"),
        ('{"act": "recommend", "heard": "none"}', "heard"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_place_that_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ModelBrokeSchema, match=reason):
        parse_plan(text, TEAS)


@given(st.text(max_size=80))
def test_no_answer_breaks_the_reading_in_another_way(text: str) -> None:
    with contextlib.suppress(ModelBrokeSchema):
        assert isinstance(parse_plan(text, TEAS), TurnPlan)


ITEMS = ["", "Smoke", "Smoke (2001)", "#1", "#-9", "#all", "# 3", "(1999)"]
entries = st.lists(
    st.builds(
        WireEntry,
        kind=st.sampled_from(get_args(Kind)),
        field=st.sampled_from(["", "aroma", *TEAS.by_name]),
        values=st.lists(st.text() | st.from_regex(r"(<=|>|≥)? ?-?\d{1,4}( min|-\d{4}|s)?", fullmatch=True), max_size=3),
        item=st.sampled_from(ITEMS) | st.text(max_size=8),
        mods=st.lists(st.sampled_from(["soft", "once", "always"])),
        quote=st.text(max_size=5),
    ),
    max_size=4,
)
abouts = st.builds(
    WireAbout,
    look=st.sampled_from(["", "facts", "similar", "search", "count"]),
    items=st.lists(st.sampled_from(ITEMS), max_size=2),
    fields=st.lists(st.sampled_from(["aroma", *TEAS.by_name]), max_size=3),
    text=st.text(max_size=9),
    conditions=entries,
    most=st.sampled_from(["", "less", "more"]),
)
plans = st.builds(
    WirePlan,
    act=st.sampled_from(get_args(ActName)),
    heard=entries,
    answer=st.integers(),
    looks=st.lists(abouts, max_size=2),
    about=st.none() | abouts,
    search=st.none() | st.builds(WireSearch, count=st.integers(), titles=st.lists(st.sampled_from(ITEMS))),
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
