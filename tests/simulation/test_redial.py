"""ReDial: the reader, and the people made from its dialogues; every dialogue here is made up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from core.errors import BadInput
from simulation.redial import BadLine, Judged, read_redial, title_and_year

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
