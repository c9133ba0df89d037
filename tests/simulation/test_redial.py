"""ReDial: the reader, and the people made from its dialogues; every dialogue here is made up."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from core.errors import BadInput
from core.items import Item
from core.schema import CatalogSchema
from simulation.from_redial import RedialCounts, facet_draw, population_from_redial
from simulation.needs import Need
from simulation.personas import Persona
from simulation.population import Member
from simulation.redial import BadLine, Judged, read_redial, title_and_year
from simulation.tasks import Constraint, holds
from simulation.wishes import Wishes
from tests.worlds import MemoryCatalog, demo_world

SEEKER, HELPER = 7, 3


def dialogue(
    number: int,
    said: Sequence[tuple[int, str]],
    titles: Mapping[str, str] | None = None,
    form: Mapping[str, tuple[int, int, int]] | None = None,
) -> str:
    """A line in ReDial's shape; the form holds (suggested, seen, liked) by item."""
    filled = {k: dict(zip(("suggested", "seen", "liked"), v, strict=True)) for k, v in (form or {}).items()}
    return json.dumps(
        {
            "conversationId": str(number),
            "initiatorWorkerId": SEEKER,
            "respondentWorkerId": HELPER,
            "movieMentions": dict(titles or {}) or [],
            "initiatorQuestions": filled or [],
            "respondentQuestions": [],
            "messages": [
                {"messageId": n, "timeOffset": n, "senderWorkerId": who, "text": text}
                for n, (who, text) in enumerate(said)
            ],
        }
    )


def file_of(folder: Path, *lines: str) -> Path:
    path = folder / "dialogues.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def test_messages_in_a_row_are_one_turn_and_items_are_told_by_title(tmp_path: Path) -> None:
    line = dialogue(
        1,
        [
            (SEEKER, "Hi"),
            (SEEKER, "I loved @11 &amp; @12"),
            (HELPER, "Try @13!"),
            (HELPER, "or @99"),
            (SEEKER, "Seen it"),
        ],
        {"11": "Low Tide  (1990)", "12": "The Kite", "13": "Salt (2001)"},
        {"11": (0, 1, 1), "13": (1, 1, 2)},
    )
    (read,) = read_redial(file_of(tmp_path, line))
    assert [(t.by_seeker, t.text) for t in read.turns] == [
        (True, "Hi. I loved @11 & @12"),
        (False, "Try @13! or @99"),
        (True, "Seen it"),
    ]
    assert read.spoken(read.turns[0].text) == "Hi. I loved Low Tide & The Kite"
    assert read.spoken(read.turns[1].text) == "Try Salt! or @99"
    assert read.turns[1].items == ("13", "99")
    assert read.judged == {
        "11": Judged(suggested=False, seen=True, liked=True),
        "13": Judged(suggested=True, seen=True, liked=None),
    }


@pytest.mark.parametrize(
    ("written", "title", "year"),
    [
        ("Low Tide  (1990)", "Low Tide", 1990),
        ("The Kite", "The Kite", None),
        ("Salt (a story)", "Salt (a story)", None),
    ],
)
def test_title_and_year(written: str, title: str, year: int | None) -> None:
    assert title_and_year(written) == (title, year)


def test_bad_lines_are_reported_by_number_and_the_others_are_read(tmp_path: Path) -> None:
    good = dialogue(1, [(SEEKER, "Hi")])
    odd_form = good.replace('"initiatorQuestions": []', '"initiatorQuestions": "none"')
    path = file_of(tmp_path, good, "{", "", '{"messages": []}', odd_form, dialogue(2, [(SEEKER, "Hello")]))
    bad: list[BadLine] = []
    assert [d.id for d in read_redial(path, bad.append)] == ["1", "2"]
    assert [b.number for b in bad] == [2, 4, 5]
    assert "initiatorWorkerId" in bad[1].why
    with pytest.raises(BadInput, match="Line 2 of"):
        list(read_redial(path))


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="Give a ReDial file"):
        list(read_redial(tmp_path / "none.jsonl"))


SONGS = MemoryCatalog(
    "songs",
    CatalogSchema.model_validate(
        {
            "name": "songs",
            "title": "Songs",
            "noun": {"one": "song", "many": "songs"},
            "consumption": {"bare": ["hear"], "past": ["heard"]},
            "purpose": "find something to listen to",
            "fields": [
                {"name": "title", "type": "text", "role": "title"},
                {"name": "out", "type": "number", "role": "release"},
                {"name": "styles", "type": "category", "many": True, "role": "genre"},
            ],
        }
    ),
    [
        Item(id=i, title=t, fields={"title": t, "out": y, "styles": s})
        for i, t, y, s in (
            ("a", "Low Tide", 1990, ("Folk",)),
            ("b", "Salt", 2001, ("Folk", "Choral")),
            ("c", "Salt", 2010, ("Techno",)),
            ("d", "The Kite & I", 1984, ("Choral",)),
            ("e", "Twins", 1970, ("Techno",)),
            ("f", "Twins", 1970, ("Folk",)),
        )
    ],
)
TITLES = {
    "11": "Low Tide (1990)", "12": "Salt  (2001)", "13": "The Kite and I (1984)", "14": "Salt (2002)",
    "15": "Twins (1970)", "16": "Low Tide",
}  # fmt: skip


def shared_style(target: Item, liked: Sequence[Item], chance: random.Random) -> Wishes:
    both = [v for v in target.values("styles") if any(v in i.values("styles") for i in liked)]
    return Wishes(wants=(Constraint(field="styles", op="contains", value=chance.choice(both)),) if both else ())


def people(path: Path, seed: int = 0) -> tuple[list[Member], RedialCounts]:
    told: list[RedialCounts] = []
    return population_from_redial(path, SONGS, shared_style, seed=seed, report=told.append), told[0]


def test_the_form_becomes_a_need(tmp_path: Path) -> None:
    form = {"11": (0, 1, 1), "12": (1, 0, 1), "13": (1, 1, 0), "14": (1, 0, 1), "15": (1, 0, 1), "16": (0, 1, 1)}
    line = dialogue(
        5, [(SEEKER, "Some folk like @11, or choral?"), (HELPER, "@12"), (SEEKER, "Why that?")], TITLES, form
    )
    (member,), counts = people(file_of(tmp_path, line))
    assert member.id == "redial-5"
    assert member.need == Need(
        wants=(Constraint(field="styles", op="contains", value="Folk"),),
        target="b",
        liked=("a",),
        disliked=("d",),
        known=("a", "d"),
        relevant=("b",),
    )
    assert counts.model_dump(exclude_defaults=True) == {
        "dialogues": 1, "items": 6, "matched": 3, "without_year": 1, "not_in_catalog": 1, "ambiguous": 1, "members": 1,
    }  # fmt: skip


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    hi = [(SEEKER, "Hi")]
    path = file_of(
        tmp_path,
        dialogue(1, hi),
        dialogue(2, hi, TITLES, {"11": (0, 1, 1)}),
        dialogue(3, hi, TITLES, {"12": (1, 0, 1)}),
        dialogue(4, hi, TITLES, {"11": (0, 1, 1), "13": (1, 0, 1)}),
        "{",
    )
    members, counts = people(path)
    assert members == []
    assert (counts.unfilled, counts.no_target, counts.nothing_liked, counts.no_wants) == (1, 1, 1, 1)
    assert [b.number for b in counts.bad_lines] == [5]


def test_the_same_seed_makes_the_same_people(tmp_path: Path) -> None:
    form = {"11": (0, 1, 1), "13": (0, 1, 1), "12": (1, 0, 1)}
    path = file_of(tmp_path, *(dialogue(n, [(SEEKER, "Hi")], TITLES, form) for n in range(12)))
    assert people(path, 3) == people(path, 3)
    assert [m.need.wants for m in people(path, 3)[0]] != [m.need.wants for m in people(path, 4)[0]]


@pytest.mark.parametrize("world", ["films", "books"])
def test_wishes_are_facets_that_the_target_shares_with_what_is_liked(world: str) -> None:
    catalog = demo_world(world).catalog
    draw = facet_draw(catalog)
    chance = random.Random(4)
    drawn = 0
    for _ in range(60):
        target, *liked = chance.sample(catalog.items, 3)
        wishes = draw(target, liked, chance)
        drawn += bool(wishes.wants)
        for want in (*wishes.wants, *wishes.soft):
            assert holds(want, target)
            assert any(holds(want, i) for i in liked)
    assert drawn > 30


def personality(
    tmp_path: Path, *said: tuple[int, str], form: Mapping[str, tuple[int, int, int]] | None = None
) -> Member:
    held = {"11": (0, 1, 1), "12": (1, 0, 1), **(form or {})}
    return people(file_of(tmp_path, dialogue(1, said, TITLES, held)))[0][0]


def test_a_persona_is_read_off_the_dialogue(tmp_path: Path) -> None:
    eager = personality(
        tmp_path,
        (SEEKER, "Hey there, lovely to meet you, I hope that you can help me"),
        (HELPER, "Hello"),
        (SEEKER, "I loved @11, it is folk and choral and so very sad, more like it would be nice"),
        (HELPER, "@12?"),
        (SEEKER, "What is it like, does it have a choir in it, or is it one voice alone?"),
        (HELPER, "or @11"),
        (SEEKER, "I know that one well, as I said to you at the start of all this, but thanks"),
    )
    assert eager.persona == Persona(
        name="redial", patience=4, verbosity="chatty", knowledge=0.9, several=0.8, curiosity=0.5
    )
    assert eager.segments == {"source": "redial", "opening": "item", "rejects": "never"}
    short = personality(
        tmp_path, (HELPER, "Hi"), (SEEKER, "some folk"), (HELPER, "@13"), (SEEKER, "no thanks"), (HELPER, "@12"),
        (SEEKER, "ok @12"), form={"13": (1, 0, 0)},
    )  # fmt: skip
    assert short.persona == Persona(
        name="redial", patience=3, verbosity="terse", knowledge=0.3, several=0.2, curiosity=0
    )
    assert short.segments == {"source": "redial", "opening": "wish", "rejects": "flatly"}


def test_the_text_of_a_rejection_tells_whether_it_has_a_reason(tmp_path: Path) -> None:
    member = personality(
        tmp_path, (HELPER, "@13"), (SEEKER, "that one is far too slow for me today"), (HELPER, "@12"), (SEEKER, "ok"),
        form={"13": (1, 0, 0)},
    )  # fmt: skip
    assert member.segments == {"source": "redial", "opening": "other", "rejects": "with_words"}
    assert member.need.irrelevant == ("d",)


@pytest.mark.dataset
def test_the_public_dialogues_make_people(tmp_path: Path) -> None:
    where = os.environ.get("TASTEMAKER_TEST_REDIAL")
    if where is None:
        pytest.skip("TASTEMAKER_TEST_REDIAL names no ReDial file")
    bad: list[BadLine] = []
    dialogues = list(read_redial(Path(where), bad.append))
    assert not bad
    assert len(dialogues) > 100
    assert all(t.by_seeker != u.by_seeker for d in dialogues for t, u in pairwise(d.turns))
    assert sum(any(j.suggested and j.liked for j in d.judged.values()) for d in dialogues) > len(dialogues) / 2
