"""The gate: what it lets through, what it learns from, and that it is honest about what it cannot tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from tools.reranking.calibration import LEAST, Sample, calibrate
from tools.reranking.gate import Gate, between, doubt
from tools.reranking.listwise import Listwise
from tools.reranking.pointwise import Pointwise

SCORES = st.lists(st.floats(-10, 10), min_size=2, max_size=25)


def made(count: int, seed: int, gain: float, harm: float = 0.0) -> list[Sample]:
    """Turns with a clear or with no margin behind a slate of 3; reranking helps only where there is none."""
    chance = np.random.default_rng(seed)
    samples = []
    for number in range(count):
        open_turn = number % 4 == 0
        scores = np.sort(chance.random(10))[::-1] * 0.1 + (np.arange(10) < 3) * (0.0 if open_turn else 2.0)
        brought = chance.normal(gain if open_turn else -harm, 0.05)
        samples.append(Sample(number // 2, tuple(scores.tolist()), (brought / 2, brought)))
    return samples


def learn(samples: list[Sample], target: float = 0.9) -> Gate:
    return Gate(calibrations=(calibrate(samples, 3, (5, 10), target=target, reranker="a made-up one"),))


def judged(gate: Gate, samples: list[Sample]) -> list[int]:
    return [gate.judge(s.scores, 3, Listwise().calls).send for s in samples]


@pytest.mark.parametrize("target", [0.5, 0.9])
def test_only_hard_turns_are_sent_and_the_stated_share_of_the_gain_is_kept_on_others(target: float) -> None:
    gate = learn(made(400, seed=1, gain=0.3), target)
    others = made(400, seed=2, gain=0.3)
    sent = [count > 0 for count in judged(gate, others)]
    kept = sum(s.gains[1] for s, go in zip(others, sent, strict=True) if go) / sum(s.gains[1] for s in others)
    assert kept >= target - 0.1
    assert sum(sent) <= 0.3 * len(others)
    assert not any(go for number, go in enumerate(sent) if number % 4)


def test_where_reranking_does_harm_nothing_is_sent() -> None:
    gate = learn(made(400, seed=1, gain=-0.2, harm=0.2))
    assert gate.calibrations[0].threshold is None
    assert gate.calibrations[0].kept is None
    assert set(judged(gate, made(100, seed=2, gain=-0.2, harm=0.2))) == {0}
    verdict = gate.judge((3.0, 2.0, 1.0, 0.0), 3, Pointwise().calls)
    assert (verdict.saved, verdict.why) == (4, "reranking by a made-up one brought no gain when this was calibrated")


def test_where_it_does_more_harm_than_good_the_turns_it_is_good_for_are_found() -> None:
    gate = learn(made(400, seed=1, gain=0.3, harm=0.3))
    sent = judged(gate, made(400, seed=2, gain=0.3, harm=0.3))
    assert {number % 4 for number, count in enumerate(sent) if count} == {0}
    assert sum(count > 0 for count in sent) >= 90


def test_noise_alone_is_not_taken_for_a_gain() -> None:
    chance = np.random.default_rng(5)
    noise = [Sample(s.person, s.scores, (0.0, float(chance.normal(-0.02, 0.3)))) for s in made(300, seed=3, gain=0.0)]
    assert learn(noise).calibrations[0].threshold is None


def test_fewer_candidates_are_sent_where_they_hold_the_gain() -> None:
    full = made(400, seed=1, gain=0.3)
    shallow = [Sample(s.person, s.scores, (s.gains[1], s.gains[1])) for s in full]
    assert learn(full).calibrations[0].depth == 10
    assert learn(shallow).calibrations[0].depth == 5


def test_chances_rise_with_doubt() -> None:
    learnt = learn(made(400, seed=1, gain=0.3, harm=0.3)).calibrations[0]
    assert list(learnt.doubts) == sorted(learnt.doubts)
    assert list(learnt.chances) == sorted(learnt.chances)
    assert learnt.chances[0] < 0.1
    assert learnt.chances[-1] > 0.9


def test_a_gate_that_was_not_calibrated_sends_everything_and_says_so() -> None:
    verdict = Gate().judge((2.0, 1.0, 0.5), 1, Listwise().calls)
    assert (verdict.send, verdict.saved, verdict.calibrated, verdict.chance) == (3, 0, False, None)
    assert "not calibrated" in verdict.why
    learnt = learn(made(400, seed=1, gain=0.3))
    assert not learnt.judge((2.0, 1.0, 0.5), 1, Listwise().calls).calibrated


def test_a_slate_that_holds_all_candidates_is_not_reranked() -> None:
    verdict = learn(made(400, seed=1, gain=0.3)).judge((2.0, 1.0, 0.5), 3, Listwise().calls)
    assert (verdict.send, verdict.why) == (0, "nothing stands behind the slate")


def test_a_gate_outlives_its_file(tmp_path: Path) -> None:
    gate = learn(made(400, seed=1, gain=0.3))
    gate.save(tmp_path / "gate.json")
    assert Gate.load(tmp_path / "gate.json") == gate
    for text in ("{}}", '{"calibrations": 3}', ""):
        (tmp_path / "gate.json").write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match="Calibrate it again"):
            Gate.load(tmp_path / "gate.json")
    with pytest.raises(BadInput, match="cannot be read"):
        Gate.load(tmp_path / "nowhere.json")


def test_too_little_to_learn_from_is_refused() -> None:
    with pytest.raises(BadInput, match=f"takes {LEAST} turns"):
        learn(made(LEAST - 1, seed=1, gain=0.3))
    with pytest.raises(BadInput, match="a gain for every depth"):
        calibrate(made(LEAST, seed=1, gain=0.3), 3, (5,), reranker="x")
    with pytest.raises(BadInput, match="0 turns"):
        calibrate(made(LEAST, seed=1, gain=0.3), 10, (5, 10), reranker="x")


def test_the_same_turns_give_the_same_gate() -> None:
    assert learn(made(200, seed=1, gain=0.1, harm=0.1)) == learn(made(200, seed=1, gain=0.1, harm=0.1))


def test_a_calibration_counts_for_scores_of_its_scale_alone() -> None:
    gate = learn(made(400, seed=1, gain=0.3))
    scores = (9.0, 9.0, 9.0, 1.0)
    assert gate.judge(scores, 3, Listwise().calls, "fused").send == 0
    other = gate.judge(scores, 3, Listwise().calls, "taste")
    assert (other.send, other.calibrated) == (4, False)
    assert other.why == "not calibrated for slates of 3 by scores of taste: everything is sent"


def test_scores_all_alike_leave_more_doubt_than_a_slate_that_stands_out() -> None:
    assert doubt([1.0] * 8, 3) == 0 > doubt([9.0, 8.0, 7.0, 1.0, 0.9, 0.8, 0.7, 0.6], 3)


@given(SCORES, st.integers(1, 10))
def test_doubt_is_a_number_where_there_is_something_behind_the_slate(scores: list[float], slate: int) -> None:
    assert np.isfinite(doubt(scores, slate)) == (len(scores) > slate)


@given(st.floats(-2, 2))
def test_between_knots_lines_are_straight_and_beyond_them_flat(place: float) -> None:
    value = between(place, (-1.0, 0.0, 1.0), (0.0, 0.5, 0.7))
    assert 0.0 <= value <= 0.7
    if -1 <= place <= 0:
        assert value == pytest.approx((place + 1) / 2)
    assert between(place, (), ()) == 0.0
