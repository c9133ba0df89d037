"""The cards a language model reads: every fact once, and only what tells one card from the others."""

from __future__ import annotations

from agent.model_cards import card_lines, wanted_lines
from core.ledger import Ledger, LedgerPatch
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Recommendation
from tests.agent.samples import PUERH, SENCHA, TEAS
from tools.filtering.receipt import receipt


def ledger_of(*preferences: Preference) -> Ledger:
    return Ledger().apply(LedgerPatch(put=preferences)).ledger


def cards_for(ledger: Ledger, schema: CatalogSchema = TEAS, **more: object) -> list[Recommendation]:
    return [
        Recommendation(item=tea, receipt=receipt(ledger.preferences, tea, schema), **more) for tea in (SENCHA, PUERH)
    ]


def marks(ledger: Ledger, **more: object) -> list[object]:
    return [card["marks"] for card in card_lines(cards_for(ledger, **more), ledger, TEAS)]


def test_a_hard_wish_is_not_ticked_on_every_card_since_every_card_meets_it() -> None:
    ledger = ledger_of(Preference(field="steep", op="lt", value=120))
    assert marks(ledger) == ["calm", ""]
    assert wanted_lines(cards_for(ledger), ledger, TEAS) == ["under 2 h (hard)"]


def test_a_hard_wish_that_could_not_be_checked_is_marked() -> None:
    ledger = ledger_of(Preference(field="mood", op="any_of", value=("calm",)))
    assert marks(ledger) == ["calm", "? calm"]


def test_what_could_be_checked_on_no_card_stands_once_behind_the_wish() -> None:
    ledger = ledger_of(Preference(field="organic", op="eq", value=True))
    assert marks(ledger) == ["calm", ""]
    assert wanted_lines(cards_for(ledger), ledger, TEAS) == ["organic (hard; no card can tell)"]


def test_what_all_cards_answer_alike_stands_once_behind_the_wish() -> None:
    ledger = ledger_of(
        Preference(field="year", op="lt", value=2000, strength="soft"),
        Preference(field=None, op="about", value="rainy", strength="soft"),
    )
    assert wanted_lines(cards_for(ledger), ledger, TEAS) == [
        "before 2000 (soft; all cards)",
        "“rainy” (soft; no card can tell)",
    ]
    assert marks(ledger) == ["calm", ""]


def test_what_tells_cards_apart_is_marked_on_each() -> None:
    ledger = ledger_of(Preference(field="kind", op="any_of", value=("green",), strength="soft"))
    assert marks(ledger) == ["calm; ✓ green", "✗ green"]


def test_the_fact_that_meets_a_wish_is_on_the_card_even_from_a_field_that_cards_leave_out() -> None:
    ledger = ledger_of(Preference(field="rating", op="ge", value=7, strength="soft"))
    assert marks(ledger) == ["calm, rating 8.1", "rating 7.4"]


def test_closeness_to_a_liked_item_is_told_only_where_it_differs() -> None:
    ledger = Ledger()
    assert marks(ledger, like=("Smoke",)) == ["calm", ""]
    cards = [cards_for(ledger, like=("Smoke",))[0], cards_for(ledger)[1]]
    assert [card["marks"] for card in card_lines(cards, ledger, TEAS)] == ["calm; close to Smoke", ""]
