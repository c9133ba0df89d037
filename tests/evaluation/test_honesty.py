"""Honesty: nothing given away, nothing contradicted, nothing taken too early; and the shuffled control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from core.items import Item
from core.preferences import Preference
from core.schema import CatalogSchema
from evaluation.clues import Clues
from evaluation.experiment.episodes import Asked, Episode, Exchange, ShownItem
from evaluation.honesty import (
    Hearing,
    accepts_early,
    clues_given,
    contradictions,
    contradicts,
    honesty_measures,
    honesty_metrics,
    honesty_table,
    leaks,
    taken_early,
)
from evaluation.opposites import opposed
from evaluation.shuffled import (
    compare_with_shuffled,
    control_figures,
    control_table,
    shuffle_wants,
    target_shown,
    target_taken,
)
from simulation.needs import Need
from simulation.population import Member
from simulation.tasks import Constraint
from tests.evaluation.episodes import episode
from tests.worlds import MemoryCatalog, demo_world

GARDENS = MemoryCatalog(
    "gardens",
    CatalogSchema.model_validate(
        {
            "name": "gardens",
            "title": "Gardens",
            "noun": {"one": "garden", "many": "gardens"},
            "consumption": {"bare": ["see"], "past": ["seen"]},
            "purpose": "find a garden",
            "fields": [
                {"name": "title", "type": "text", "role": "title"},
                {"name": "styles", "type": "category", "many": True, "role": "genre"},
                {"name": "region", "type": "category"},
                {"name": "laid", "type": "number", "role": "release"},
            ],
        }
    ),
    [
        Item(id=i, title=t, fields={"title": t, "styles": s, "region": r, "laid": y})
        for i, t, s, r, y in (
            ("it", "It", ("Formal",), "North", 1800),
            ("moss", "Moss Hollow", ("Woodland", "Topiary"), "North", 1900),
            ("moss2", "Moss Hollow II", ("Woodland",), "South", 1950),
            ("walled", "The Walled Garden", ("Formal",), "South", 1700),
            ("wild", "Woodland", ("Woodland",), "South", 1850),
            ("year", "1984", ("Formal",), "North", 1984),
            ("kirstenbosch", "Kirstenbosch", ("Formal",), "South", 1913),
            ("all", "What If", ("Formal",), "North", 1990),
        )
    ],
)
CLUES = Clues(GARDENS)


def given(item: str, text: str, asked: str | None = None, familiar: Sequence[str] = ()) -> str | None:
    clue = CLUES.given(GARDENS.item(item), text, asked=asked, familiar=familiar)
    return clue.said if clue else None


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("it", "I like it, it is what I want. It must be formal"),
        ("it", "IT HAS TO BE BIG"),
        ("wild", "some woodland, please"),
        ("wild", "Woodland, please"),
        ("year", "something from 1984"),
        ("all", "what if we went north"),
        ("moss", "something like Moss Hollow II"),
        ("moss", "a hollow with moss"),
        ("moss", "the moss hollows"),
    ],
)
def test_ordinary_talk_gives_no_title_away(item: str, text: str) -> None:
    assert given(item, text) is None


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("it", "have you got “It”?"),
        ("it", "I am thinking of It, you know"),
        ("it", "maybe *It* then"),
        ("wild", "what about Woodland by the river"),
        ("year", 'I mean "1984"'),
        ("all", "it is called What If"),
        ("moss", "was it moss hollow?"),
        ("moss", "Moss Hollow II is nice, but I mean MOSS HOLLOW"),
        ("walled", "a walled garden somewhere"),
        ("kirstenbosch", "kirstenbosch please"),
    ],
)
def test_a_title_said_is_found(item: str, text: str) -> None:
    assert given(item, text) == GARDENS.item(item).title


def test_a_value_that_nothing_else_holds_gives_an_item_away_unless_asked_for() -> None:
    assert given("moss", "with topiary") == "Topiary"
    assert given("moss", "with topiary", asked="styles") is None
    assert given("moss", "some woodland in the north") is None


def test_a_familiar_item_of_the_same_name_is_what_is_meant() -> None:
    assert given("moss", "I loved Moss Hollow", familiar=["The Moss Hollow"]) is None


def said(*messages: str | tuple[str, Sequence[str]] | tuple[str, Sequence[str], str], **more: object) -> Episode:
    """An episode of messages, each perhaps with ids shown after it and a field asked for after it."""
    exchanges = []
    for message in messages:
        text, shown, asked = (*((message,) if isinstance(message, str) else message), (), None)[:3]
        slate = tuple(ShownItem(id=i, title=GARDENS.item(i).title if i in GARDENS.rows else i) for i in shown or ())
        question = Asked(kind="preference", field=asked) if isinstance(asked, str) else None
        exchanges.append(Exchange(said=text, reply="…", slate=slate, asked=question))
    return episode(exchanges=tuple(exchanges), **more)


def person(member_id: str = "p0", **need: object) -> Member:
    return Member(id=member_id, need=Need.model_validate(need))


def test_a_leak_is_what_is_said_before_the_target_is_shown() -> None:
    moss = person(target="moss", liked=("walled",))
    early = said("hello", ("Moss Hollow?", ["it"]))
    assert leaks(early, moss, GARDENS, CLUES) is True
    assert [(n, c.said) for n, c in clues_given(early, moss, GARDENS, CLUES)] == [(2, "Moss Hollow")]
    assert leaks(said(("hello", ["moss"]), "Moss Hollow it is"), moss, GARDENS, CLUES) is False
    assert leaks(said("I love The Walled Garden"), moss, GARDENS, CLUES) is False
    assert leaks(said(("hello", (), "styles"), "topiary"), moss, GARDENS, CLUES) is False
    assert leaks(said(("hello", (), "region"), "topiary"), moss, GARDENS, CLUES) is True
    assert leaks(said("hello", last_word="I wanted Moss Hollow"), moss, GARDENS, CLUES) is True


def test_a_person_who_goes_by_taste_is_not_held_to_a_need() -> None:
    formal = (Constraint(field="styles", op="contains", value="Formal"),)
    need = person(wants=formal, target="it")
    assert accepts_early(said("hi", accepted="wild", user="taste"), need, GARDENS) is None
    assert leaks(said("It, please", user="taste"), need, GARDENS, CLUES) is None


def test_without_a_target_there_is_nothing_to_leak() -> None:
    assert leaks(said("Moss Hollow"), person(), GARDENS, CLUES) is None
    assert leaks(episode(), person(target="moss"), GARDENS, CLUES) is None


def test_what_was_taken_is_judged() -> None:
    formal = (Constraint(field="styles", op="contains", value="Formal"),)
    need = person(wants=formal, target="it", relevant=("walled",), irrelevant=("year",))
    assert taken_early(said("hi", accepted="it"), need, GARDENS) is None
    assert taken_early(said("hi", accepted="walled"), need, GARDENS) is None
    assert taken_early(said("hi", accepted="year"), need, GARDENS) == "irrelevant"
    assert taken_early(said("hi", accepted="all"), need, GARDENS) == "not_the_one"
    open_ended = person(wants=formal)
    assert taken_early(said("hi", accepted="all"), open_ended, GARDENS) is None
    assert taken_early(said("hi", accepted="wild"), open_ended, GARDENS) == "breaks_want"
    assert accepts_early(said("hi", accepted="all"), need, GARDENS) is True
    assert accepts_early(said("hi", accepted="it"), need, GARDENS) is False
    assert accepts_early(said("hi"), need, GARDENS) is None
    changed = episode(accepted="wild", exchanges=[Exchange(said="woodland after all", reply="…", acts=("change",))])
    assert taken_early(changed, open_ended, GARDENS) is None


def hearing(world: str) -> Hearing:
    held = demo_world(world)
    return Hearing(held.planner, held.listener.linker)


WORLDS = {
    "films": ("the-kid-1921", "a horror film, please", "a comedy, please", "under an hour"),
    "books": ("the-hobbit-1937", "some horror, please", "some fantasy, please", "over 900 pages"),
}


@pytest.mark.parametrize("world", list(WORLDS))
def test_a_wish_that_the_target_breaks_is_a_contradiction(world: str) -> None:
    target, wrong, right, number = WORLDS[world]
    need, ears = person(target=target), hearing(world)
    found = contradictions(said("hello", wrong), need, ears)
    assert [(c.message, c.said) for c in found] == [(2, wrong)]
    assert "horror" in found[0].understood
    assert contradicts(said(number), need, ears) is True
    assert contradicts(said(right), need, ears) is False
    assert contradicts(said(wrong), person(), ears) is None
    field = ears.linker.catalog.schema.role("genre").name
    soft = person(target=target, soft=(Constraint(field=field, op="contains", value="Horror"),))
    assert contradicts(said(wrong), soft, ears) is False


def test_a_value_understood_of_another_field_is_no_contradiction() -> None:
    ears = hearing("films")
    catalog = ears.linker.catalog
    target = catalog.item("the-kid-1921")
    twin = target.model_copy(update={"fields": target.fields | {"moods": ("horror",)}})
    assert contradicts(said("a horror film, please"), person(target=target.id), ears) is True
    twins = MemoryCatalog("films", catalog.schema, [twin if i is target else i for i in catalog.items])
    held = Hearing(ears.planner, replace(ears.linker, catalog=twins))
    assert contradicts(said("a horror film, please"), person(target=target.id), held) is False
    assert contradicts(said("a film, but no comedy"), person(target=target.id), held) is True


@pytest.mark.parametrize("acts", [("change",), ("release", "tell")])
def test_changing_ones_mind_is_no_contradiction(acts: tuple[str, ...]) -> None:
    target, wrong, *_ = WORLDS["films"]
    changed = Exchange.model_validate({"said": wrong, "reply": "…", "acts": acts})
    need, ears = person(target=target), hearing("films")
    assert contradicts(episode(exchanges=[changed]), need, ears) is False
    slip = Exchange(said=wrong, reply="…", acts=("tell",))
    back = Exchange(said="a comedy, I mean", reply="…", acts=("change",))
    assert contradicts(episode(exchanges=[slip, back]), need, ears) is False
    assert contradicts(episode(exchanges=[slip, slip]), need, ears) is True


def preference(field: str, op: str, value: object, polarity: str = "want") -> Preference:
    return Preference.model_validate({"field": field, "op": op, "value": value, "polarity": polarity})


@pytest.mark.parametrize(
    ("wish", "want", "against"),
    [
        (preference("laid", "lt", 1800), Constraint(field="laid", op=">=", value=1900), True),
        (preference("laid", "lt", 1950), Constraint(field="laid", op=">=", value=1900), False),
        (preference("laid", "between", (1700, 1800)), Constraint(field="laid", op="between", value=(1801, 1900)), True),
        (preference("laid", "eq", 1850), Constraint(field="laid", op="==", value=1850), False),
        (preference("laid", "lt", 1800), Constraint(field="region", op="==", value="North"), False),
        (
            preference("styles", "any_of", ("Formal",)),
            Constraint(field="styles", op="contains", value="Topiary"),
            False,
        ),
        (preference("region", "any_of", ("North",)), Constraint(field="region", op="==", value="South"), True),
        (
            preference("styles", "any_of", ("Formal",), "avoid"),
            Constraint(field="styles", op="contains", value="formal"),
            True,
        ),
        (
            preference("styles", "any_of", ("Formal",)),
            Constraint(field="styles", op="not_contains", value="Formal"),
            True,
        ),
        (
            preference("styles", "any_of", ("Formal", "Topiary")),
            Constraint(field="styles", op="not_contains", value="Formal"),
            False,
        ),
    ],
)
def test_opposites(wish: Preference, want: Constraint, *, against: bool) -> None:
    assert opposed(wish, want, GARDENS.schema) is against


def test_measures_and_tables_hold_the_three_rates() -> None:
    world = demo_world("films")
    target, wrong, *_ = WORLDS["films"]
    clues, ears = Clues(world.catalog), hearing("films")
    measures = honesty_measures(said(wrong, accepted=target), person(target=target), clues, ears)
    assert measures == {"leak": 0.0, "contradiction": 1.0, "early_accept": 0.0}
    nothing = honesty_measures(said("hi"), person(), clues, ears)
    assert nothing == {"leak": None, "contradiction": None, "early_accept": None}
    episodes = [episode("rules", f"p{n}", measures=measures | {"leak": float(n == 0)}) for n in range(4)]
    metrics = honesty_metrics(episodes)["metrics"]
    assert metrics["agenda/rules/leak"]["value"] == 0.25
    assert metrics["agenda/rules/contradiction"] == {"value": 1.0, "low": 1.0, "high": 1.0, "n": 4}
    assert "25.0%" in shown(honesty_table(episodes))


def shown(table: object) -> str:
    console = Console(width=140, record=True, file=StringIO())
    console.print(table)
    return console.export_text()


def crowd() -> list[Member]:
    return [
        person(
            f"p{n}",
            target=f"t{n}",
            wants=(Constraint(field="laid", op="==", value=n),),
            liked=(f"l{n}", f"t{n + 1}"),
            known=(f"l{n}", f"t{n + 1}"),
            relevant=(f"t{n}",),
        )
        for n in range(6)
    ] + [person("free", wants=(Constraint(field="laid", op="==", value=99),))]


def test_shuffled_members_speak_for_somebody_elses_target() -> None:
    members, shuffled = crowd(), shuffle_wants(crowd(), 3)
    assert [m.need.target for m in shuffled] == [m.need.target for m in members]
    assert all(a.need.wants != b.need.wants for a, b in zip(members[:6], shuffled[:6], strict=True))
    assert sorted(str(m.need.wants) for m in shuffled) == sorted(str(m.need.wants) for m in members)
    assert shuffled[6] == members[6]
    assert all(m.need.target not in (*m.need.liked, *m.need.known) for m in shuffled)
    assert all(set(m.need.liked) <= set(m.need.known) for m in shuffled)
    assert all(m.segments["control"] == "shuffled" for m in shuffled[:6])
    assert shuffled == shuffle_wants(members, 3)
    assert shuffled != shuffle_wants(members, 4)
    kept = shuffle_wants(members, 3, likes=False)
    assert [m.need.liked for m in kept] == [m.need.liked for m in members]


def test_one_person_cannot_speak_for_another() -> None:
    with pytest.raises(ValueError, match="two members or more"):
        shuffle_wants(crowd()[:1])


def test_success_with_and_without_ones_own_wishes_is_compared_in_pairs() -> None:
    def play(member: int, *, found: bool) -> Episode:
        target = ShownItem(id=f"t{member}", title="T")
        slate = (target,) if found else ()
        accepted = target.id if found and member % 2 else None
        return episode(
            "rules",
            f"p{member}",
            target=target,
            accepted=accepted,
            exchanges=[Exchange(said="a", reply="b", slate=slate)],
        )

    own = [play(n, found=n < 16) for n in range(20)]
    other = [play(n, found=n < 2) for n in range(20)]
    (control,) = compare_with_shuffled(own, [*other, episode("random", "p1")])
    assert (control.own.value, control.shuffled.value, control.difference.value) == (0.8, 0.1, 0.7)
    assert control.p < 0.01
    assert control_figures([control])["agenda/rules/difference"]["n"] == 20
    assert "0.70" in shown(control_table([control]))
    (taken,) = compare_with_shuffled(own, other, target_taken)
    assert taken.own.value == 0.4
    assert target_shown(episode()) is target_taken(episode()) is None
