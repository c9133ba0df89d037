"""The toolbox: every tool answers in its own schema, with what it has always said, on films and on books."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from agent.build import Tastemaker
from agent.listen import Listener
from agent.models.scripted import ScriptedModel
from agent.recommend import Pipeline
from agent.reranking import Reranking
from agent.tool_outputs import FilterOutput
from agent.toolbox import Tool, Toolbox
from core.errors import BadInput, OperatorMustFix
from core.items import Provenance
from tests.agent.tool_calls import ANSWERS, CALLS, filled, timeless
from tests.evaluation.teahouse import TEAS
from tests.worlds import MemoryCatalog, world_of

SAID = json.loads((Path(__file__).parent / "snapshots" / "tools.json").read_text(encoding="utf-8"))
"""What every call was answered with before the answers had types, by catalogue and in the order of CALLS."""


def toolbox(demo: Tastemaker, catalog: str) -> Toolbox:
    room, model = demo.room(catalog), ScriptedModel(ANSWERS)
    return Toolbox.over(Listener(room.linker), room.pipeline, Reranking(room.pipeline, lambda: model))


def answers(demo: Tastemaker, catalog: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(tool, input, answer) of every call."""
    box = toolbox(demo, catalog)
    item = box.run("find_title", {"title": CALLS[catalog][1][1]["title"]})["matches"][0]["id"]
    names = {"$item": item, "$other": box.run("similar", {"ids": [item], "count": 1})["items"][0]["id"]}
    for name, given in CALLS[catalog]:
        yield name, filled(given, names), box.run(name, filled(given, names))


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same, key by key in the same order; embeddings differ a little by machine."""
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == pytest.approx(other, abs=1e-3) if isinstance(one, float) else one == other


@pytest.mark.parametrize("catalog", CALLS)
def test_every_tool_answers_in_its_own_schema_as_it_always_has(demo: Tastemaker, catalog: str) -> None:
    box, called = toolbox(demo, catalog), set()
    for (name, given, told), said in zip(answers(demo, catalog), SAID[catalog], strict=True):
        called.add(name)
        schema = box.schema(name)
        jsonschema_rs.validator_for(schema["input_schema"]).validate(given)
        jsonschema_rs.validator_for(schema["output_schema"]).validate(told)
        assert same(timeless(told), said), name
        gives = box.tools[name].gives
        assert gives.model_validate_json(json.dumps(told)).model_dump(mode="json") == told
    assert called == set(box.names())


def test_a_schema_refuses_what_a_tool_does_not_say(demo: Tastemaker) -> None:
    schema = demo.toolbox("films").schema("filter")["output_schema"]
    validator = jsonschema_rs.validator_for(schema)
    assert validator.is_valid({"count": 0, "first": []})
    assert not validator.is_valid({"count": "none", "first": []})
    assert not validator.is_valid({"count": 0, "first": [], "last": []})
    assert not validator.is_valid({"count": 0})


def test_every_field_that_goes_in_or_comes_out_is_described(demo: Tastemaker) -> None:
    box = demo.toolbox("books")
    for name in box.names():
        for side in ("input_schema", "output_schema"):
            schema = box.schema(name)[side]
            assert schema["type"] == "object"
            for shape in (schema, *schema.get("$defs", {}).values()):
                for field, held in shape.get("properties", {}).items():
                    assert held.get("description"), f"{name}: {side}: {shape['title']}.{field}"


def test_a_call_gives_the_values_that_a_run_writes_as_json(demo: Tastemaker) -> None:
    given = {"wishes": [{"field": "runtime", "op": "lt", "value": 90}]}
    found = demo.toolbox("films").call("filter", given)
    assert isinstance(found, FilterOutput)
    assert found.count > len(found.first) == 20
    assert found.model_dump(mode="json") == demo.toolbox("films").run("filter", given)


def test_a_value_that_a_model_wrote_is_named_and_only_then() -> None:
    wrote = Provenance(model="m", prompt="p", date="2026-01-01")
    first = TEAS.items[0].model_copy(update={"generated": {"price": wrote}})
    box = toolbox_of(MemoryCatalog("teas", TEAS.schema, [first, *TEAS.items[1:]]))
    ids = [item.id for item in TEAS.items[:2]]
    one, other = box.run("lookup", {"ids": ids})["items"]
    assert one["generated"] == {"price": wrote.model_dump()}
    assert "generated" not in other
    assert "generated" not in box.run("lookup", {"ids": ids, "fields": ["strength"]})["items"][0]


def test_only_what_asks_a_model_says_so() -> None:
    assert [t.name for t in toolbox_of(TEAS).tools.values() if t.calls_model] == ["rerank"]


def test_more_tools_stand_beside_the_others_under_names_of_their_own() -> None:
    box = toolbox_of(TEAS)
    own = box.tools["filter"]
    more = box.plus([Tool("sieve", own.description, own.takes, own.gives, own.run)])
    assert more.names() == [*box.names(), "sieve"]
    assert more.run("sieve", {}) == box.run("filter", {})
    with pytest.raises(OperatorMustFix, match="'filter'"):
        box.plus([own])


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("juggle", {}, "There is no tool 'juggle'"),
        ("lookup", {}, "lookup: ids: Field required"),
        ("lookup", {"ids": ["nonesuch"]}, "'nonesuch'"),
        ("lookup", {"ids": [], "fields": ["engine"]}, "There is no field 'engine'"),
        ("filter", {"wishes": [{"field": "engine", "op": "eq", "value": "steam"}]}, "There is no field 'engine'"),
    ],
)
def test_what_cannot_be_done_is_the_callers_to_mend(name: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        toolbox_of(TEAS).run(name, given)


def toolbox_of(catalog: MemoryCatalog) -> Toolbox:
    return Toolbox.over(world_of(catalog).listener, Pipeline(catalog, None, None, None))
