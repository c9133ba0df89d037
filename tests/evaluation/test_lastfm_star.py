"""LastFM*: the protocol, its measures, and the command, on a data set small enough to read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from core.errors import BadInput
from evaluation import lastfm_data, lastfm_star, lastfm_taste
from evaluation.lastfm_data import Session
from evaluation.lastfm_star import Outcome, hdcg, measures, play
from evaluation.lastfm_systems import AskThenShow, Knobs, ShowAlways, System, systems
from tools.elicitation.belief import Belief
from ui.commands import evaluate_lastfm

ITEMS, USERS, ATTRIBUTES = 60, 12, 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 items of two kinds; even users take even items, odd users odd ones."""
    home, chance = tmp_path_factory.mktemp("star"), np.random.default_rng(0)
    holds = {
        i: sorted({i % 2, *chance.choice(np.arange(2, ATTRIBUTES), 4, replace=False).tolist()}) for i in range(ITEMS)
    }
    taken = {u: chance.choice(np.arange(u % 2, ITEMS, 2), 10, replace=False).tolist() for u in range(USERS)}
    parts = {
        "item_fea": holds,
        "user_like": {u: [u % 2] for u in range(USERS)},
        "user_friends": {u: [(u + 2) % USERS] for u in range(USERS)},
        "review_dict_train": {u: items[:8] for u, items in taken.items()},
        "review_dict_valid": {u: items[8:] for u, items in taken.items()},
    }
    for name, held in parts.items():
        (home / f"{name}.json").write_text(json.dumps(held))
    return home


@pytest.fixture(scope="module")
def data(folder: Path) -> lastfm_data.StarData:
    return lastfm_data.load(folder)


@pytest.fixture(scope="module")
def played(folder: Path, data: lastfm_data.StarData) -> list[Session]:
    return lastfm_data.sessions(lastfm_data.read(folder / lastfm_data.VALID), data, seed=0)


def answers(data: lastfm_data.StarData, session: Session) -> frozenset[int]:
    return frozenset(data.attributes_of(session.target).tolist())


def opened(data: lastfm_data.StarData, session: Session) -> Belief:
    rows = lastfm_taste.open_to(data, session.user, session.opening)
    return Belief.of(rows, np.zeros(len(rows)), data.members(rows))


def test_a_session_opens_with_an_attribute_of_its_target(data, played):
    assert len(played) == 2 * USERS
    assert all(s.opening in answers(data, s) for s in played)


def test_openings_differ_and_sessions_do_not(folder, data):
    part = lastfm_data.read(folder / lastfm_data.VALID)
    first, again, second = (lastfm_data.sessions(part, data, 3, 10, k) for k in (0, 0, 1))
    assert first == again
    assert [s[:2] for s in first] == [s[:2] for s in second]
    assert [s.opening for s in first] != [s.opening for s in second]


def test_candidates_hold_the_opening_and_were_not_taken(data, played):
    for s in played:
        rows = lastfm_taste.open_to(data, s.user, s.opening)
        assert s.target in rows
        assert not set(rows) & set(data.taken_by(s.user))
        assert all(s.opening in data.attributes_of(r) for r in rows)


def test_what_is_played_may_not_stand_in_the_history(folder, data):
    with pytest.raises(BadInput, match="has taken item"):
        lastfm_data.sessions(lastfm_data.read(folder / lastfm_data.TRAIN), data, 0)


def test_a_missing_or_foreign_file_is_said(tmp_path):
    with pytest.raises(BadInput, match="There is no file"):
        lastfm_data.load(tmp_path)
    (tmp_path / "item_fea.json").write_text("[1, 2]")
    with pytest.raises(BadInput, match="not JSON of the form"):
        lastfm_data.read(tmp_path / "item_fea.json")


def test_a_target_shown_first_is_found_in_turn_one(data, played):
    s = played[0]
    rows = np.array([s.target])
    assert play(s, System("", ShowAlways()), Belief.of(rows, np.zeros(1), data.members(rows)), frozenset()) == (1, 1, 0)


def test_every_target_is_found_by_asking(data, played):
    system = systems(Knobs(), 0)[0]
    assert all(play(s, system, opened(data, s), answers(data, s)).turn for s in played)


def test_who_is_deaf_to_no_keeps_all_candidates(data, played):
    chance = np.random.default_rng(0)
    hears, deaf = (System("", AskThenShow(chance), "uniform", hears_no=h) for h in (True, False))
    asked = [sum(play(s, system, opened(data, s), answers(data, s)).asked for s in played) for system in (hears, deaf)]
    assert asked[0] < asked[1]


def test_measures_count_a_miss_at_fifteen():
    figures = measures([[Outcome(1, 1)], [Outcome(15, 2)], [Outcome(None)], [Outcome(4, 1)]])
    assert figures["SR@5"].value == 0.5
    assert figures["SR@15"].value == 0.75
    assert figures["SR@15, opening counted"].value == 0.5
    assert figures["AT"].value == (1 + 15 + 15 + 4) / 4
    assert figures["AT, opening counted"].value == (2 + 15 + 15 + 5) / 4


def test_openings_of_a_session_are_averaged_before_the_bootstrap():
    figure = measures([[Outcome(1, 1), Outcome(3, 1)], [Outcome(5, 1), Outcome(7, 1)]])["AT"]
    assert (figure.value, figure.n) == (4.0, 2)


def test_hdcg_is_one_for_the_first_place_of_the_first_turn_and_falls_with_turn_and_place():
    assert hdcg(Outcome(1, 1)) == pytest.approx(1.0)
    gains = [hdcg(Outcome(turn, place)) for turn in (1, 2, 3) for place in (1, 2, 10)]
    assert gains == sorted(gains, reverse=True)
    assert hdcg(Outcome(None)) == 0


def test_the_logit_finds_the_weights_that_made_the_choices():
    chance = np.random.default_rng(0)
    features = chance.normal(size=(6_000 * 4, 2))
    utility = (features @ [1.5, -0.5] + chance.gumbel(size=len(features))).reshape(-1, 4)
    picks = utility.argmax(axis=1) + 4 * np.arange(6_000)
    assert lastfm_taste.fit_logit(features, np.full(6_000, 4), picks, 0.0) == pytest.approx([1.5, -0.5], abs=0.08)


def test_a_left_out_item_does_not_speak_for_itself(data):
    taste = lastfm_taste.Taste(data)
    user = 0
    item = int(data.taken_by(user)[0])
    nearest = taste.features(user, np.array([item]))[0, 1]
    assert nearest == pytest.approx(1.0)
    assert taste.features(user, np.array([item]), left_out=item)[0, 1] < 1.0


def test_the_command_prints_a_table_and_writes_figures(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(lastfm_star, "TRIAL_SESSIONS", 5)
    app, out = typer.Typer(), tmp_path / "figures.json"
    app.callback()(lambda: None)
    evaluate_lastfm.register(app)
    done = CliRunner().invoke(
        app, ["lastfm-star", str(folder), "--sessions", "6", "--openings", "2", "--json", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "look-ahead" in done.stdout
    written = json.loads(out.read_text())
    assert set(written["metrics"]["AT"]) == {"value", "low", "high", "n"}
    assert written["metrics"]["AT"]["n"] == 6
    assert "max entropy, deaf to no/SR@15" in written["metrics"]


@pytest.mark.dataset
def test_on_the_public_data_the_target_is_found_within_the_turns():
    path = os.environ.get("TASTEMAKER_TEST_LASTFM_STAR")
    if not path:
        pytest.skip("TASTEMAKER_TEST_LASTFM_STAR does not name the folder of the data set")
    data = lastfm_data.load(Path(path))
    part = lastfm_data.sessions(lastfm_data.read(Path(path) / lastfm_data.VALID), data, 0, 60)
    system = systems(Knobs(), 0)[0]
    ended = [play(s, system, opened(data, s), answers(data, s)) for s in part]
    assert sum(o.turn is not None for o in ended) >= 55
