"""Recommending within recorded dialogues: rows as the protocol counts them, figures by hand, the command end to end."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from core.errors import BadInput, OperatorMustFix
from evaluation import redial
from evaluation.metrics import ratio
from evaluation.redial_data import moments_of, read_corpus, read_titles
from evaluation.redial_measuring import measure
from evaluation.redial_running import families
from simulation.redial import read_redial
from tools.dialogues.fusion import Settings, fit, lightgbm_library
from tools.dialogues.moments import Corpus, Moment, Named, SpokenItems
from tools.dialogues.routes import together
from tools.ranking.ease import weights_of
from ui.cli import app

SEEKER, HELPER = 7, 9


def boosting() -> bool:
    try:
        lightgbm_library()
    except OperatorMustFix:
        return False
    return True


needs_boosting = pytest.mark.skipif(not boosting(), reason="LightGBM cannot be loaded here: libgomp1 is missing")
LAMPS = {"1": "Brass Lamp (1999)", "2": "Glass Lamp  (2001)", "3": "Sand: A Lamp (2004)", "4": "Sand: Another (2008)"}


def dialogue(number: int, *said: tuple[int, str], listed: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "conversationId": str(number),
        "initiatorWorkerId": SEEKER,
        "respondentWorkerId": HELPER,
        "movieMentions": LAMPS if listed is None else listed,
        "initiatorQuestions": [],
        "messages": [{"senderWorkerId": who, "text": text, "messageId": n} for n, (who, text) in enumerate(said)],
    }


@pytest.fixture
def movies(tmp_path: Path) -> Path:
    file = tmp_path / "movies.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["movieId", "movieName"])
        rows.writerows(LAMPS.items())
    return file


def written(folder: Path, *dialogues: dict[str, Any], name: str = "dialogues.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(d) + "\n" for d in dialogues))
    return file


def rows_of(folder: Path, movies: Path, *said: tuple[int, str], **more: Any) -> list[Moment]:
    titles = read_titles(movies)
    (held,) = read_redial(written(folder, dialogue(1, *said, **more)))
    return list(moments_of(held, titles.rows, titles.names))


def test_messages_in_a_row_are_one_turn_and_turns_of_the_helper_that_name_something_are_rows(tmp_path, movies):
    first, second = rows_of(
        tmp_path,
        movies,
        (SEEKER, "hello"),
        (SEEKER, "I liked @1, something warm"),
        (HELPER, "how about @2"),
        (HELPER, "or @3?"),
        (SEEKER, "what else"),
        (HELPER, "nothing"),
        (SEEKER, "really"),
        (HELPER, "@2 &amp; @4"),
    )
    assert (first.turn, first.given, first.known) == (1, (1, 2), (0,))
    assert (second.turn, second.given, second.fresh) == (5, (1, 3), (3,))
    assert second.known == (2, 1, 0)
    assert first.named == (Named(0, 0, True),)
    assert "Brass Lamp" in first.lately
    assert "@" not in first.words


def test_an_opening_of_the_helper_is_no_row_and_an_id_counts_as_a_whole_token_that_the_dialogue_lists(tmp_path, movies):
    assert not rows_of(tmp_path, movies, (HELPER, "try @1"), (SEEKER, "no"), (HELPER, "sorry"))
    (row,) = rows_of(
        tmp_path,
        movies,
        (SEEKER, "hi"),
        (HELPER, "@12 @1x a@1 @3. @4"),
        listed={"3": "Sand: A Lamp (2004)", "1": "Brass Lamp (1999)"},
    )
    assert row.given == (2,)


def test_recall_is_macro_over_rows_and_micro_over_labels():
    moments = [
        Moment(dialogue="a", turn=1, named=(Named(0, 0, True),), asked="", lately="", words="", given=(0, 1)),
        Moment(dialogue="b", turn=1, named=(), asked="", lately="", words="", given=(2,)),
    ]
    kept = redial.earned(moments, [[0, 5], [2]], "kept")
    assert kept.hits[1] == (1, 1)
    told = redial.figures(kept)
    assert told["R@1"].value == 0.75
    assert told["micro R@1"].value == pytest.approx(2 / 3, abs=1e-4)
    fresh = redial.earned(moments, [[0, 1], [2]], "fresh")
    assert fresh.hits[1] == (0, 1)
    assert redial.earned(moments, [[0, 1], [2]], "fresh, named out").hits[1] == (1, 1)
    assert redial.ahead(kept, kept)["R@10"].value == 0


def test_intervals_draw_dialogues_whole():
    same = ratio(np.ones(100), np.ones(100), ["one"] * 100)
    assert (same.value, same.low, same.high) == (1, 1, 1)
    split = ratio(np.r_[np.ones(50), np.zeros(50)], np.ones(100), ["one"] * 50 + ["two"] * 50)
    assert (split.low, split.high) == (0, 1)


def test_cosines_and_ease_are_those_of_their_formulas():
    rng = np.random.default_rng(3)
    held = rng.random((20, 6)) < 0.4
    from scipy import sparse

    matrix = sparse.csr_matrix(held.astype(np.float32))
    cosines = together(matrix, 2.0).toarray()
    both = held.T.astype(float) @ held
    size = np.sqrt(held.sum(axis=0))
    expected = both / np.outer(size, size) * both / (both + 2.0)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(cosines, np.nan_to_num(expected), rtol=1e-4, atol=1e-6)
    weights = weights_of(matrix, 5.0)
    # the optimum of ||X - XB||² + λ||B||² with a zero diagonal: its gradient vanishes off the diagonal
    x = held.astype(float)
    gradient = -x.T @ (x - x @ weights) + 5.0 * weights
    assert np.abs(gradient[~np.eye(6, dtype=bool)]).max() < 1e-3


TASTES = 4


def made_up(count: int, seed: int) -> tuple[SpokenItems, Corpus]:
    """Items of four groups; who asks for a group by its word is given items of it."""
    rng = random.Random(seed)
    items = 80
    groups = np.zeros((items, TASTES), np.float32)
    groups[np.arange(items), np.arange(items) % TASTES] = 1
    words = ["warm", "bright", "small", "old"]
    moments, mentions = [], []
    for number in range(count):
        taste = rng.randrange(TASTES)
        own = [i for i in range(items) if i % TASTES == taste]
        first, second = rng.sample(own[:12], 2)
        asked = f"hello I would like something {words[taste]} please {rng.choice(['thanks', 'today', 'now'])}"
        named = (Named(first, 0, True),)
        moments.append(Moment(str(number), 1, named, asked, lately=asked, words=asked, given=(second,)))
        mentions.append((str(number), (first, second)))
    from scipy import sparse

    texts = tuple(f"lamp {n} {words[n % TASTES]}" for n in range(items))
    return (
        SpokenItems(
            titles=tuple(f"Lamp {n}" for n in range(items)),
            texts=texts,
            vectors=embed(texts),
            groups=groups,
            people=tuple(frozenset({f"maker {n % 7}"}) for n in range(items)),
            years=np.full(items, np.nan),
            fame=np.zeros((items, 1), np.float32),
            ratings=sparse.csr_matrix((1, items), dtype=np.float32),
        ),
        Corpus(tuple(moments), tuple(mentions)),
    )


def embed(texts: Any) -> Any:
    made = np.zeros((len(texts), 8), np.float32)
    for row, text in enumerate(texts):
        for place, word in enumerate(["warm", "bright", "small", "old"]):
            made[row, place] = word in text
        made[row, 4] = 0.1
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@needs_boosting
def test_what_is_learnt_beats_popularity_and_finds_what_was_asked_for():
    items, corpus = made_up(400, 5)
    train, test = redial.split(corpus, 80)
    assert not set(train.dialogues) & set(test.dialogues)
    fusion = fit(items, train, embed, Settings(rounds=30, least=20))
    lists = list(fusion.rank(test.moments, "fresh"))
    assert all(not set(m.known) & set(ranked) for m, ranked in zip(test.moments, lists, strict=True))
    own = redial.figures(redial.earned(test.moments, lists, "fresh"))["R@10"]
    told = measure(fusion, train, test.moments, seed=1)
    assert own.value > 0.7 > redial.figures(told.earned["popularity"]["fresh"])["R@10"].value
    assert told.earned[redial.LEARNT]["fresh"] == redial.earned(test.moments, lists, "fresh")
    assert sum(told.lost.values()) == pytest.approx(1)
    again = list(fit(items, train, embed, Settings(rounds=30, least=20)).rank(test.moments, "fresh"))
    assert again == lists


@needs_boosting
def test_a_route_left_out_is_not_used():
    items, corpus = made_up(150, 6)
    gone = families(["dialogues"])["dialogues"]
    fusion = fit(items, corpus, embed, Settings(rounds=5, least=10), without=gone)
    read = next(fusion.read(corpus.moments, ("fresh",)))
    assert not gone & set(read.scores)
    assert set(read.brought) == set(read.scores)
    with pytest.raises(BadInput, match="no route"):
        families(["tea leaves"])


@needs_boosting
def test_the_command_from_files_to_a_page(tmp_path: Path, movies: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(tmp_path / "home"))
    talks = []
    for number in range(60):
        liked, other = ("1", "2") if number % 2 else ("3", "4")
        word = "shiny" if number % 2 else "sandy"
        asked = (SEEKER, f"hi I liked @{liked}, I want {word} ones")
        rest = ((HELPER, f"then see @{other}"), (SEEKER, "ok"), (HELPER, f"or @{liked}"))
        talks.append(dialogue(number, asked, *rest))
    file = written(tmp_path, *talks)
    figures, page = tmp_path / "figures.json", tmp_path / "page.html"
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "lamps.csv").write_text("imdb_id,title,year\n1,Brass Lamp,1999\n2,Sand: Another,2008\n")
    arguments = [
        "evaluate", "redial", "--train", str(file), "--movies", str(movies), "--held-out", "20", "--share", "0.5",
        "--metadata", str(tmp_path / "metadata"),
        "--without", "words", "--work", str(tmp_path / "work"), "--json", str(figures), "--html", str(page),
    ]  # fmt: skip
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    told = json.loads(figures.read_text())
    assert told["metrics"]["R@50"]["value"] == 1
    assert "fresh/fusion, without words/R@1" in told["metrics"]
    (join,) = told["joins"]
    assert (join["source"], join["joined"], join["items"]) == ("metadata", 2, 4)
    assert {m["title"] for m in join["missing"]} == {"Glass Lamp (2001)", "Sand: A Lamp (2004)"}
    assert "Glass Lamp (2001)" in done.output
    assert "<svg" in page.read_text()
    assert "Glass Lamp (2001)" in page.read_text()
    before = figures.read_bytes()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert figures.read_bytes() == before
    assert len(read_corpus([file], read_titles(movies)).moments) == 120
    same = ["evaluate", "redial", "--train", str(file), "--test", str(file), "--movies", str(movies)]
    wrong = CliRunner().invoke(app, same)
    assert wrong.exit_code != 0
