"""The next item: layouts, what is left out, places and figures, and the command that goes on where it stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from core.errors import BadInput
from evaluation import next_item_fitting
from evaluation.next_item import gains, reached, standings
from evaluation.next_item_data import read, split
from evaluation.next_item_fitting import BLENDED, RANKERS, Kept
from tests.tools.test_rankers import SMALL, wheels
from tools.ranking.holding_out import Asked
from tools.ranking.popularity import Popularity
from ui.commands import evaluate_next_item


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    file = tmp_path / "interactions.txt"
    rows = [f"{user + 1} {item + 1}\n" for user, items in enumerate(wheels(60)) for item in items]
    file.write_text("".join(rows))
    return file


@pytest.fixture
def app(monkeypatch) -> typer.Typer:
    monkeypatch.setattr("tools.ranking.sequential.DEFAULTS", SMALL.model_copy(update={"epochs": 2}))
    made = typer.Typer()
    evaluate_next_item.register(made)
    return made


def shown(found) -> dict[str, list[str]]:
    return {user: list(items) for user, items in found.histories.items()}


def test_pairs_and_sequences_are_the_same_histories(tmp_path: Path):
    (tmp_path / "pairs.txt").write_text("1 7\n1 3\n2 5\n1 9\n")
    (tmp_path / "lines.txt").write_text("1 7 3 9\n2 5\n")
    assert (
        shown(read(tmp_path / "pairs.txt")) == shown(read(tmp_path / "lines.txt")) == {"1": ["7", "3", "9"], "2": ["5"]}
    )


def test_dated_ratings_are_put_in_order(tmp_path: Path):
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,10,4.0,300\n1,11,4.0,100\n2,12,1.0,5\n")
    assert shown(read(tmp_path / "ratings.csv")) == {"1": ["11", "10"], "2": ["12"]}


def test_rows_with_a_next_item_ask_for_it_and_make_one_history(tmp_path: Path):
    file = tmp_path / "histories.csv"
    file.write_text('user_id,history_item_id,item_id\nA,"[3, 4]",5\nA,"[3, 4, 5]",6\nB,[9],3\n')
    found = read(file)
    assert shown(found) == {"A": ["3", "4", "5", "6"], "B": ["9", "3"]}
    assert found.asked == [(["3", "4"], "5"), (["3", "4", "5"], "6"), (["9"], "3")]
    parts = split(found, found)
    assert [parts.items[c.target] for c in parts.cases] == ["5", "6", "3"]


def test_the_ratings_of_a_catalogue_are_put_in_order(tmp_path: Path):
    file = tmp_path / "interactions.npz"
    np.savez(file, indptr=[0, 2, 3], indices=[4, 5, 6], times=[20.0, 10.0, 1.0], data=[1.0, 1.0, 1.0], shape=[2, 7])
    assert shown(read(file)) == {"0": ["5", "4"], "1": ["6"]}


@pytest.mark.parametrize(
    ("name", "text"), [("a.txt", "1\n"), ("b.txt", ""), ("c.csv", "x,y\n1,2\n"), ("d.csv", "user,item\n1,2\n")]
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInput):
        read(tmp_path / name)


def test_without_a_test_part_the_last_item_is_asked_for_and_fitted_without(pairs: Path):
    parts = split(read(pairs), None)
    histories = wheels(60)
    assert [(*c.history, c.target) for c in parts.cases] == [tuple(h) for h in histories]
    assert len(parts.held) == 12
    assert len(parts.fitting.items) == sum(len(h) - 1 for h in histories) - len(parts.held)
    fitted = {tuple(parts.fitting.history(p).tolist()) for p in range(len(parts.fitting))}
    assert all(asked.history in fitted for asked in parts.held)


@pytest.mark.parametrize("whole", [True, False])
def test_a_test_part_holds_the_next_items_or_whole_histories(tmp_path: Path, whole: bool):
    (tmp_path / "train.txt").write_text("1 7 3\n2 5 3\n")
    (tmp_path / "test.txt").write_text("1 7 3 9\n2 5 3 8\n" if whole else "1 9\n2 8\n")
    parts = split(read(tmp_path / "train.txt"), read(tmp_path / "test.txt"))
    name = parts.items
    assert [([name[i] for i in c.history], name[c.target]) for c in parts.cases] == [
        (["7", "3"], "9"),
        (["5", "3"], "8"),
    ]
    assert parts.fitting.indptr.tolist() == [0, 2, 4]
    assert name == ("3", "5", "7", "8", "9")


def test_a_target_that_was_had_before_is_not_asked_for(tmp_path: Path):
    (tmp_path / "train.txt").write_text("1 7 3 7\n2 5 3\n")
    parts = split(read(tmp_path / "train.txt"), None)
    assert (len(parts.cases), parts.dropped) == (1, 1)


def test_places_leave_out_what_was_had_and_count_ties_against():
    ranker = Popularity(np.asarray([9, 5, 5, 5, 1], dtype=np.float32))
    cases = [Asked((0,), 1), Asked((1, 2), 3), Asked((0, 1, 2, 3), 4)]
    assert reached(ranker, cases, np.arange(5)).places.tolist() == [3, 2, 1]


def test_lists_hold_what_is_put_first_and_nothing_that_was_had():
    ranker = Popularity(np.asarray([9, 5, 5, 5, 1], dtype=np.float32))
    found = reached(ranker, [Asked((), 1), Asked((0, 1, 2), 3)], np.asarray([4, 3, 2, 1, 0])).lists
    assert found.tolist() == [[0, 3, 2, 1, 4, *[-1] * 5], [3, 4, *[-1] * 8]]


def test_of_equal_scores_the_favoured_ones_are_listed():
    ranker = Popularity(np.asarray([0] * 15 + [3, 7], dtype=np.float32))
    favoured = np.asarray([*range(5, 17), *range(5)])
    assert reached(ranker, [Asked((6,), 1)], favoured).lists.tolist() == [[16, 15, 5, 7, 8, 9, 10, 11, 12, 13]]


def test_the_rows_of_a_split_by_frequency(tmp_path: Path):
    (tmp_path / "lines.txt").write_text("1 7 3 9\n2 3 5 7\n3 3 9 5\n")
    parts = split(read(tmp_path / "lines.txt"), None)
    assert [parts.items[row] for row in parts.by_frequency()] == ["3", "5", "7", "9"]


def test_gains_are_those_of_one_relevant_item():
    held = gains(np.asarray([1, 3, 10, 11, 51]))
    assert held["HR@10"] == [1, 1, 1, 0, 0]
    assert held["HR@50"] == [1, 1, 1, 1, 0]
    assert held["NDCG@10"] == pytest.approx([1, 0.5, 1 / np.log2(11), 0, 0])


def test_each_ranker_stands_beside_the_best_of_the_others():
    told = standings({"poor": np.asarray([20, 30]), "good": np.asarray([1, 1]), "fair": np.asarray([3, 3])})
    assert list(told) == ["good", "fair", "poor"]
    assert [told[n].other for n in told] == ["fair", "good", "good"]
    assert told["good"].ahead["NDCG@10"].value == 0.5
    assert told["poor"].ahead["NDCG@10"].value == -1.0


def test_the_command_writes_table_figures_and_page_and_goes_on_from_what_is_kept(app, pairs, tmp_path, monkeypatch):
    work, figures, page = tmp_path / "work", tmp_path / "figures.json", tmp_path / "page.html"
    call = ["movielens-1m", "--train", str(pairs), "--work", str(work), "--json", str(figures), "--html", str(page)]
    first = CliRunner().invoke(app, call, catch_exceptions=False)
    assert first.exit_code == 0
    held = json.loads(figures.read_text())
    assert set(held["against_best_other"]) == {"random", *RANKERS}
    assert held["against_best_other"]["fusion"]["NDCG@10"]["n"] == 60
    assert held["metrics"]["popularity/novelty@10"]["n"] == 60
    assert held["of_all_lists"]["random"]["coverage@10"] == 1.0
    assert "1 - cosine of who had the items in the fitting part" in first.stdout
    text = page.read_text()
    assert text.count('<svg class="plot"') == 7
    assert "http" not in text.replace("http-equiv", "")
    assert not list(work.rglob("*partial*"))

    def never(*_: object) -> None:
        raise AssertionError("measured again")

    monkeypatch.setattr(next_item_fitting, "reached", never)
    again = CliRunner().invoke(app, call, catch_exceptions=False)
    assert again.stdout == first.stdout
    assert json.loads(figures.read_text()) == held


def test_directed_and_fusion_find_what_comes_next(app, pairs, tmp_path):
    figures = tmp_path / "figures.json"
    call = ["histories", "--train", str(pairs), "--ranker", "directed", "--ranker", "fusion", "--json", str(figures)]
    assert CliRunner().invoke(app, call, catch_exceptions=False).exit_code == 0
    found = {n: m["value"] for n, m in json.loads(figures.read_text())["metrics"].items() if n.endswith("NDCG@10")}
    by = {name.rpartition("/")[0] or "best": value for name, value in found.items()}
    assert len(by) == 4
    assert min(v for n, v in by.items() if n not in {"random", "popularity"}) > 0.8


def test_what_is_left_out_stands_in_the_table_and_is_not_blended(app, pairs, tmp_path):
    figures, page, work = tmp_path / "figures.json", tmp_path / "page.html", tmp_path / "work"
    call = ["histories", "--train", str(pairs), "--without", "sequential", "--without", "als", "--work", str(work)]
    found = CliRunner().invoke(app, [*call, "--json", str(figures), "--html", str(page)], catch_exceptions=False)
    assert found.exit_code == 0
    assert [line.split()[1] for line in found.stdout.splitlines() if "left out" in line] == ["als", "sequential"]
    assert page.read_text().count("left out: as asked") == 2
    held = json.loads(figures.read_text())
    assert set(held["left_out"]) == {"als", "sequential"}
    assert set(held["of_all_lists"]) == {"random", *RANKERS} - {"als", "sequential"}
    blends = [json.loads(file.read_text())["rankers"] for file in work.rglob("blends/*.json")]
    assert blends == [["popularity", "item-knn", "ease", "recency-ease", "directed"]]
    assert not list(work.rglob("sequential*"))


def test_what_ease_does_not_know_is_said(app, pairs, tmp_path, monkeypatch):
    for module in ("next_item_fitting", "next_item_running"):
        monkeypatch.setattr(f"evaluation.{module}.MOST_EASE", 12)
    figures, page = tmp_path / "figures.json", tmp_path / "page.html"
    call = ["histories", "--train", str(pairs), "--ranker", "ease", "--json", str(figures), "--html", str(page)]
    found = CliRunner().invoke(app, call, catch_exceptions=False)
    told = "knows the 12 most frequent of 22 items alone"
    assert f"ease {told}" in found.stdout
    assert told in page.read_text()
    assert json.loads(figures.read_text())["about"]["ease"] == told


def test_unknown_rankers_and_files_are_refused(app, pairs):
    nothing = [part for name in BLENDED for part in ("--without", name)]
    for call in (
        ["--train", str(pairs), "--ranker", "oracle"],
        ["--train", str(pairs), "--without", "random"],
        ["--train", str(pairs), *nothing],
        ["--train", "nowhere.txt"],
    ):
        found = CliRunner().invoke(app, ["histories", *call])
        assert isinstance(found.exception, BadInput)


def test_other_data_are_kept_apart(pairs, tmp_path):
    one, other = split(read(pairs), None, seed=0), split(read(pairs), None, seed=1)
    assert Kept.under(tmp_path, one, SMALL).folder != Kept.under(tmp_path, other, SMALL).folder
