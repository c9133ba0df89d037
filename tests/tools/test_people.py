"""People by a part of their name: the first name, a slip, a family; never somebody else."""

from __future__ import annotations

import pytest

from core.schema import CatalogSchema
from tools.catalog.columns import category_column
from tools.linking.people import PeopleIndex, build_people

SCHEMA = CatalogSchema.model_validate(
    {
        "name": "plays",
        "title": "Plays",
        "noun": {"one": "play", "many": "plays"},
        "consumption": {"bare": ["see"], "past": ["seen"]},
        "purpose": "find something to see",
        "fields": [
            {"name": "title", "type": "text", "role": "title"},
            {"name": "writers", "type": "people", "role": "creator", "many": True},
        ],
    }
)


@pytest.fixture(scope="module")
def people() -> PeopleIndex:
    rows = [["Gabriela Okonkwo"], ["Fyodor Dostoevsky"], ["Ann Brontë"], ["Una Brontë"], ["William Sadler"]]
    rows += [["Keanu Marsh"], ["Olu Marsh"], ["Olu Marsh"], ["Olu Marsh"], ["Olu Marsh"]]
    return build_people(SCHEMA, {"writers": category_column(rows)})


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (["keanu"], ["Keanu Marsh"]),
        (["okonkwo"], ["Gabriela Okonkwo"]),
        (["dostoyevsky"], ["Fyodor Dostoevsky"]),
        (["bronte"], ["Ann Brontë", "Una Brontë"]),
        (["brontes"], ["Ann Brontë", "Una Brontë"]),
        (["marsh"], ["Olu Marsh"]),
        (["adam", "sadler"], []),
        (["william"], []),
        (["zzyzx"], []),
        ([], []),
    ],
)
def test_who_is_meant(people: PeopleIndex, said: list[str], meant: list[str]) -> None:
    assert [e.value for e in people.find(said)] == meant
