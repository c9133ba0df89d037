"""The grammar of surface forms: countable, without loops, and rich enough for people not to repeat each other."""

from __future__ import annotations

import random

import pytest

from simulation.grammar import Grammar, shipped

ACTS = ("rejects", "rejects_for", "names_liked", "knows", "critique", "asks_about", "withdraws", "changes", "ignores",
        "keeps_looking", "gives_up", "takes_one", "takes_of")  # fmt: skip


def test_forms_are_counted_through_rules() -> None:
    grammar = Grammar({"greeting": ["hi<mark>", "hello there"], "mark": ["", "!", "?"]})
    assert grammar.forms("greeting") == 4
    assert {grammar.draw("greeting", random.Random(n)) for n in range(99)} == {"hi", "hi!", "hi?", "hello there"}


@pytest.mark.parametrize("rules", [{"a": ["<a>"]}, {"a": ["<b>"], "b": ["x <a>"]}, {"a": ["<nowhere>"]}])
def test_a_rule_that_cannot_end_is_refused(rules: dict[str, list[str]]) -> None:
    with pytest.raises(ValueError, match="the rule"):
        Grammar(rules)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_has_a_thousand_forms_and_more(act: str) -> None:
    assert shipped("voice").forms(act) >= 1000
