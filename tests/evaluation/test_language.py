"""The language of seekers and simulated people: one instrument, figures with intervals, distances with their noise."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from core.items import Item
from evaluation.distances import apart, histogram, jensen_shannon, kolmogorov_smirnov, noise
from evaluation.experiment.episodes import Episode, Exchange, ShownItem
from evaluation.heard import HeardMessage, hear
from evaluation.language import (
    Language,
    language_distances,
    language_figures,
    language_metrics,
    language_of_episodes,
    language_of_redial,
    language_table,
)
from evaluation.variety import VARIETY_WORDS, distinct
from simulation.protocol import EndReason
from tests.worlds import demo_world


def said(words: int = 3, wishes: int = 0, *acts: str, text: str = "") -> HeardMessage:
    return HeardMessage.model_validate(
        {"text": text or " ".join(["word"] * words), "words": words, "wishes": wishes, "acts": acts or ("other",)}
    )


@pytest.mark.parametrize(
    ("world", "text", "acts"),
    [
        ("films", "hello there", {"greeting"}),
        ("films", "a comedy under two hours, please", {"wish"}),
        ("books", "a fantasy under 300 pages, please", {"wish"}),
        ("films", "I really loved Safety Last!", {"names_item", "opinion"}),
        ("books", "I loved The Hobbit", {"names_item", "opinion"}),
        ("films", "thanks, bye", {"goodbye"}),
    ],
)
def test_what_a_message_does(world: str, text: str, acts: set[str]) -> None:
    assert acts <= set(hear(demo_world(world).planner, text).acts)


@pytest.mark.parametrize(("world", "title"), [("films", "The Kid"), ("books", "The Hobbit")])
def test_turning_down_takes_something_shown(world: str, title: str) -> None:
    planner = demo_world(world).planner
    shown = [Item(id="x", title=title, fields={})]
    assert hear(planner, "no, not that one", shown).does("rejects")
    assert not hear(planner, "no, not that one").does("rejects")
    assert hear(planner, "how old is it?", shown).does("question")


def redial_line(number: int, *messages: tuple[int, str]) -> str:
    return json.dumps(
        {
            "conversationId": number,
            "initiatorWorkerId": 1,
            "respondentWorkerId": 2,
            "movieMentions": {"5": "The Kid (1921)"},
            "initiatorQuestions": [],
            "respondentQuestions": [],
            "messages": [{"senderWorkerId": who, "text": text} for who, text in messages],
        }
    )


def test_real_and_simulated_people_are_heard_alike(tmp_path: Path) -> None:
    path = tmp_path / "redial.jsonl"
    real = redial_line(
        1, (1, "Hi"), (2, "hello"), (1, "some comedy"), (1, "please"), (2, "try @5"), (1, "no, not that one"), (2, "ok")
    )
    path.write_text(f"{real}\n{{\n{redial_line(2, (2, 'anybody?'))}\n", encoding="utf-8")
    planner = demo_world("films").planner
    heard = language_of_redial(path, planner)
    assert [b.number for b in heard.bad_lines] == [2]
    exchanges = (
        Exchange(said="Hi", reply="hello"),
        Exchange(said="some comedy. please", reply="…", slate=(ShownItem(id="k", title="The Kid"),)),
    )
    played = Episode(
        system="s", user="agenda", member="m", trial=1, seed=0, ending=EndReason.given_up, exchanges=exchanges,
        last_word="no, not that one",
    )  # fmt: skip
    assert language_of_episodes([played], planner).dialogues == heard.dialogues
    assert [m.acts for m in heard.dialogues[0]] == [("greeting",), ("wish",), ("rejects",)]


def test_a_sample_is_drawn_by_seed(tmp_path: Path) -> None:
    path = tmp_path / "redial.jsonl"
    path.write_text("".join(f"{redial_line(n, (1, f'drama {n}'))}\n" for n in range(9)), encoding="utf-8")
    planner = demo_world("films").planner
    first = language_of_redial(path, planner, most=3, seed=1)
    assert len(first.dialogues) == 3
    assert first == language_of_redial(path, planner, most=3, seed=1)
    assert first != language_of_redial(path, planner, most=3, seed=2)


def test_figures_are_over_dialogues() -> None:
    language = Language(
        dialogues=(
            (said(1, 0, "greeting"), said(10, 2, "wish", "names_item"), said(4, 0, "rejects")),
            (said(6, 1, "wish"), said(8, 1, "rejects", "wish")),
        )
    )
    figures = {name: f.value for name, f in language_figures(language).items()}
    assert figures["turns"] == 2.5
    assert figures["words_first"] == 8
    assert figures["words_later"] == (7 + 8) / 2
    assert figures["greets_first"] == 0.5
    assert figures["opening_names_item"] == 0.5
    assert figures["wishes_per_dialogue"] == 2
    assert figures["wishes_per_message"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-4)
    assert figures["dialogues_rejecting"] == 1
    assert figures["rejections_with_reason"] == 0.5
    assert figures["act/rejects"] == pytest.approx((1 / 3 + 1 / 2) / 2, abs=1e-4)
    assert "distinct_1" not in figures, "too little was said"


def test_a_distance_tells_sides_apart_and_halves_of_one_side_not() -> None:
    short = Language(dialogues=tuple((said(3 + n % 2, 0, "wish"), said(4, 0, "other")) for n in range(40)))
    long = Language(dialogues=tuple((said(30 + n % 5, 3, "names_item"),) for n in range(30)))
    far = language_distances(short, long)
    assert far["words_distance"].value == far["acts_divergence"].value == far["turns_distance"].value == 1
    same = language_distances(short, Language(dialogues=short.dialogues[::2]))
    assert same["acts_divergence"].value == 0
    assert same["words_distance"].high < 0.5
    assert far["noise/words_distance"].value < 0.2
    assert language_distances(short, Language(dialogues=())) == {}


def test_distances_by_hand() -> None:
    one, other = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    assert jensen_shannon(one.sum(axis=0), other.sum(axis=0)) == pytest.approx(0.3113, abs=1e-4)
    assert kolmogorov_smirnov(one.sum(axis=0), other.sum(axis=0)) == 0.5
    assert histogram([[0, 1, 1, 9], []], 3).tolist() == [[1, 2, 1], [0, 0, 0]]
    assert noise(jensen_shannon, one) is None, "two dialogues have no halves to speak of"
    with pytest.raises(ValueError, match="both sides"):
        apart(jensen_shannon, one, np.zeros((2, 2)))


def test_variety_is_measured_on_samples_of_one_size() -> None:
    dull = [["the same words over and over again"] * 20 for _ in range(10)]
    rich = [[" ".join(f"w{n}x{k}" for k in range(20))] for n in range(60)]
    assert distinct(rich[: VARIETY_WORDS // 20 - 1], 1) is None
    poor, various = distinct(dull, 1), distinct(rich, 2)
    assert poor is not None
    assert poor.value == 6 / VARIETY_WORDS
    assert various is not None
    assert various.value == 1


def test_table_and_metrics_name_every_side() -> None:
    real = Language(dialogues=((said(3, 1, "wish"),), (said(5, 0, "greeting"), said(2, 1, "wish"))) * 3)
    simulated = {"agenda": Language(dialogues=((said(9, 2, "wish", "names_item"),),) * 4)}
    metrics = language_metrics(real, simulated)["metrics"]
    assert (metrics["real/words_first"]["value"], metrics["real/words_first"]["n"]) == (2.5, 6)
    assert metrics["agenda/opening_wishes"]["value"] == 2
    assert {"agenda/acts_divergence", "agenda/noise/acts_divergence"} <= set(metrics)
    console = Console(width=120, record=True, file=StringIO())
    console.print(language_table(real, simulated))
    text = console.export_text()
    assert "real (n=6)" in text
    assert "agenda (n=4)" in text
    assert "acts divergence" in text
