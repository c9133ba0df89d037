"""Verification: replies held against the cards of their turn, and mended."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.figures import figures, numbers
from agent.verify import Evidence, verify
from core.schema import CatalogSchema
from tests.agent.samples import ALL_TEAS, PUERH, SENCHA, TEAS
from tools.text import normalise

NAMES = {normalise(t.title) for t in ALL_TEAS} | {normalise(g) for t in ALL_TEAS for g in t.values("growers")}


def known(phrase: str) -> bool:
    return normalise(phrase) in NAMES


def evidence(said: tuple[str, ...] = (), allowed: tuple[str, ...] = (), schema: CatalogSchema = TEAS) -> Evidence:
    return Evidence(slate={1: SENCHA, 2: PUERH}, schema=schema, said=said, allowed=allowed, known=known)


TRUE = """Calm, under two hours. Two that fit:
- [[1]] — from 1974, 2 minutes in the pot; Aiko Mori grows it, and 3 harvests come in a year.
- [[2]] — aged, 1 h 53, rated 7.4. I could not check whether it is organic.

Want it milder?"""


def test_a_true_reply_passes_unchanged_with_its_titles_filled_in() -> None:
    checked = verify(TRUE, evidence(said=("something calm, under two hours",)))
    assert checked.problems == ()
    assert checked.ok
    assert checked.text == TRUE.replace("[[1]]", "**Morning Sencha**").replace("[[2]]", "**The Long Night**")


@pytest.mark.parametrize(
    ("sentence", "kind", "text"),
    [
        ("It steeps for 5 minutes.", "number", "5 minutes"),
        ("It came out in 1991.", "number", "1991"),
        ("It is 1 h 53 long.", "number", "1 h 53"),
        ("A 1960s classic.", "number", "1960s"),
        ("Rated 9.2.", "number", "9.2"),
        ("Rated 9/10.", "number", "9/10"),
        ("It takes three hours.", "number", "three hours"),
        ("Lin Bao grows it.", "name", "Lin Bao"),
        ("It is like **Smoke**.", "title", "Smoke"),
        ("It is like “The Golden Pot”.", "title", "The Golden Pot"),
        ("It is like Dragon Well.", "name", "Dragon Well"),
        ("Try it beside [[3]].", "card", "[[3]]"),
    ],
)
def test_what_no_card_bears_out_is_dropped_and_the_rest_stays(sentence: str, kind: str, text: str) -> None:
    reply = f"Two that fit.\n- [[1]] is grassy. {sentence}\n- [[2]] is earthy."
    checked = verify(reply, evidence())
    assert [(p.kind, p.text) for p in checked.problems] == [(kind, text)]
    assert not checked.ok
    assert checked.text == "Two that fit.\n- **Morning Sencha** is grassy.\n- **The Long Night** is earthy."


@pytest.mark.parametrize(
    "sentence",
    [
        "A 1970s tea.",
        "A tea of the 70s.",
        "From the 20th century.",
        "Rated 8.1 out of 10.",
        "One of 2 that fit.",
        "Ready in two minutes.",
        "“Grassy and bright” says its label.",
        "Aiko Mori's own.",
    ],
)
def test_true_figures_and_names_pass_in_any_spelling(sentence: str) -> None:
    assert verify(f"- [[1]] is it. {sentence}\n- [[2]] too.", evidence()).ok


def test_a_fact_of_one_card_is_not_true_of_another() -> None:
    swapped = "- [[1]] steeps for 113 minutes.\n- [[2]] steeps for 2 minutes."
    assert [p.text for p in verify(swapped, evidence()).problems] == ["113 minutes", "2 minutes"]


def test_what_the_person_said_may_be_repeated() -> None:
    reply = "Like **Dragon Well**, and ready in under 20 minutes.\n- [[1]] is it.\n- [[2]] too."
    assert not verify(reply, evidence()).ok
    assert verify(reply, evidence(said=("steeping time < 20 minutes",), allowed=("Dragon Well",))).ok


def test_when_a_card_would_go_unmentioned_nothing_is_left() -> None:
    checked = verify("- [[1]] is from 1985.\n- [[2]] is earthy.", evidence())
    assert checked.text == ""
    assert not checked.ok


def test_what_follows_a_dropped_card_goes_with_it() -> None:
    checked = verify("- [[1]] is it, and [[2]].\n- [[1]] is from 1985. Lovely thing.", evidence())
    assert checked.text == "- **Morning Sencha** is it, and **The Long Night**."


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[[1]] ([more](http://evil.example/x)) and [[2]]", "**Morning Sencha** (more) and **The Long Night**"),
        ("[[1]] and [[2]] ![x](https://evil.example/p.png)", "**Morning Sencha** and **The Long Night** x"),
        ("[[1]] <img src=x onerror=alert(1)> and [[2]]", "**Morning Sencha**  and **The Long Night**"),
        ("[[1]] and [[2]], see www.evil.example", "**Morning Sencha** and **The Long Night**, see"),
    ],
)
def test_links_and_markup_are_neutralised(said: str, shown: str) -> None:
    checked = verify(said, evidence())
    assert checked.text == shown
    assert {p.kind for p in checked.problems} == {"markup"}


def test_a_declared_value_that_the_card_does_not_have_is_dropped_unless_denied_or_asked() -> None:
    fields = [f.model_dump() for f in TEAS.fields]
    kind = next(f for f in fields if f["name"] == "kind")
    kind["values"] = {"green": {"aliases": ["verdant"]}, "white": {}, "black": {}}
    schema = CatalogSchema.model_validate(TEAS.model_dump() | {"fields": fields})
    wrong = verify("- [[1]] is it. A white tea.\n- [[2]] too.", evidence(schema=schema))
    assert [(p.kind, p.text) for p in wrong.problems] == [("attribute", "white")]
    for sentence in ("A verdant one.", "It is not white.", "Rather have white?"):
        assert verify(f"- [[1]] is it. {sentence}\n- [[2]] too.", evidence(schema=schema)).ok, sentence


def test_figures_are_read_in_the_fields_own_unit() -> None:
    read = {f.text: (f.low, f.high) for f in figures("1 h 53, two and a half hours, 1990s, 8.1, 12,000 cups", TEAS)}
    assert read == {
        "1 h 53": (113, 113),
        "two and a half hours": (150, 150),
        "1990s": (1990, 1999),
        "8.1": (8.1, 8.1),
        "12,000": (12000, 12000),
    }
    assert numbers(["under two hours"], TEAS) >= {120}


@given(st.text(max_size=200))
def test_no_text_breaks_it_and_nothing_shown_has_an_unknown_reference(text: str) -> None:
    checked = verify(text, evidence())
    assert checked.text == "" or "Morning Sencha" in checked.text


@given(
    st.lists(st.sampled_from(["[[1]]", "[[2]]", "[[9]]", " 1985", ". ", "\n", "- ", "**Smoke**", "word", "<b>", "“x”"]))
)
def test_a_repaired_reply_holds(parts: list[str]) -> None:
    checked = verify("".join(parts), evidence())
    if checked.text:
        assert "1985" not in checked.text
        assert "Smoke" not in checked.text
        assert "[[" not in checked.text
        assert "<b>" not in checked.text


def test_a_name_in_the_possessive_is_the_name() -> None:
    assert verify("- [[1]] is Aiko Mori's.\n- [[2]] is Wu Chen’s.", evidence()).ok
    assert not verify("- [[1]] is Wu Chen's.\n- [[2]] is aged.", evidence()).ok
