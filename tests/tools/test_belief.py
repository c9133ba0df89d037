"""A belief over candidates, and the choice between asking and showing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.elicitation.ask_or_show import Ask, Policy, Show
from tools.elicitation.belief import Belief, Members


def members(*held: tuple[int, ...], width: int = 4) -> Members:
    sizes = [len(h) for h in held]
    return Members(np.concatenate([[0], np.cumsum(sizes)]), np.array(sum(held, ()), dtype=np.int64), width)


def belief(*held: tuple[int, ...], scores: list[float] | None = None, noise: float = 0.0, width: int = 4) -> Belief:
    rows = np.arange(len(held)) + 100
    return Belief.of(rows, np.array(scores or [0.0] * len(held)), members(*held, width=width), noise)


def binary(bits: int) -> Belief:
    """2^bits candidates; candidate n holds attribute b when bit b of n is set."""
    held = [tuple(b for b in range(bits) if n >> b & 1) for n in range(2**bits)]
    return belief(*held, width=bits)


def test_scores_become_probabilities_likeliest_first():
    held = belief((0,), (1,), (2,), scores=[0.0, np.log(2), np.log(5)])
    assert held.rows.tolist() == [102, 101, 100]
    assert held.weights == pytest.approx([5 / 8, 2 / 8, 1 / 8])


def test_a_higher_temperature_flattens():
    sharp = Belief.of(np.arange(2), np.array([0.0, 1.0]), members((0,), (1,)))
    flat = Belief.of(np.arange(2), np.array([0.0, 1.0]), members((0,), (1,)), temperature=10.0)
    assert flat.entropy > sharp.entropy


def test_a_yes_keeps_those_that_hold_it_and_a_no_the_others():
    held = belief((0, 1), (0,), (1,))
    assert sorted(held.answer(0, yes=True).rows) == [100, 101]
    assert held.answer(0, yes=False).rows.tolist() == [102]


def test_contradictory_answers_leave_an_empty_belief():
    held = belief((0,), (1,)).answer(2, yes=True)
    assert len(held) == 0
    assert held.answer(0, yes=True).refuse([1]).entropy == 0
    assert Policy().decide(held, 5) is None


def test_with_noise_a_yes_is_bayes_rule():
    held = belief((0,), (1,), (1,), (1,), noise=0.1).answer(0, yes=True)
    assert held.rows[0] == 100
    assert held.weights[0] == pytest.approx(0.9 / (0.9 + 3 * 0.1))


def test_a_candidate_of_which_nothing_is_known_survives_either_answer():
    known = np.array([True, True, False])
    held = belief((0,), (), ()).answer(0, yes=True, known=known)
    assert dict(zip(held.rows.tolist(), held.weights, strict=True)) == pytest.approx({100: 2 / 3, 102: 1 / 3})


def test_what_was_refused_never_comes_back():
    held = belief((0,), (1,), (2,), noise=0.2).refuse([101])
    for attribute in range(3):
        held = held.answer(attribute, yes=True)
    assert 101 not in held.rows


def test_refusing_a_slate_lowers_those_alike():
    held = belief((0, 1), (0, 1), (2, 3))
    left = held.refuse([100], held.likeness_to([100]), spread=1.0)
    assert left.rows.tolist() == [102, 101]
    assert left.weights[1] < left.weights[0]


def test_the_gain_of_a_question_is_the_entropy_of_its_answer():
    held = belief((0, 2), (0,), (1,), (1,))
    assert held.gains == pytest.approx([1.0, 1.0, 0.8113, 0.0], abs=1e-4)
    assert belief((0,), (1,), noise=0.1).gains[0] == pytest.approx(1 - 0.4690, abs=1e-4)


def test_few_candidates_are_shown_at_once():
    action = Policy(slate=4).decide(belief((0,), (1,), (2,)), turns_left=5)
    assert isinstance(action, Show)
    assert action.rows.tolist() == [100, 101, 102]


def test_many_equal_candidates_are_halved_by_asking():
    action = Policy(slate=2).decide(binary(6), turns_left=15)
    assert isinstance(action, Ask)


def test_a_sure_favourite_is_shown_without_asking():
    held = binary(6)
    sure = Belief.of(held.rows, np.where(held.rows == 140, 9.0, 0.0), held.members)
    action = Policy(slate=2).decide(sure, turns_left=15)
    assert isinstance(action, Show)
    assert action.rows[0] == 140


def test_the_last_turn_shows():
    assert isinstance(Policy(slate=2).decide(binary(6), turns_left=1), Show)


def test_a_question_is_never_asked_twice():
    held, asked = binary(5), set()
    while isinstance(action := Policy(slate=1).decide(held, 20, asked), Ask):
        assert action.attribute not in asked
        asked.add(action.attribute)
        held = held.answer(action.attribute, yes=False)
    assert action.rows.tolist() == [100]


def test_dear_questions_are_asked_less():
    assert isinstance(Policy(slate=8, question_cost=1.0).decide(binary(6), 15), Ask)
    assert isinstance(Policy(slate=8, question_cost=9.0).decide(binary(6), 15), Show)


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="3 scores"):
        Belief.of(np.arange(2), np.zeros(3), members((0,), (1,)))
    with pytest.raises(ValueError, match="noise"):
        belief((0,), noise=0.5)


attribute_sets = st.lists(st.frozensets(st.integers(0, 5), max_size=6), min_size=1, max_size=30)


@given(attribute_sets, st.data())
def test_truthful_answers_never_lose_the_target(sets, data):
    target = data.draw(st.integers(0, len(sets) - 1))
    scores = data.draw(st.lists(st.floats(-5, 5), min_size=len(sets), max_size=len(sets)))
    held = belief(*(tuple(sorted(s)) for s in sets), scores=scores, width=6)
    policy, asked = Policy(slate=2), set()
    for left in range(len(sets) + 6, 0, -1):
        action = policy.decide(held, left, asked)
        assert action is not None
        if isinstance(action, Show):
            if target + 100 in action.rows:
                return
            held = held.refuse(action.rows)
        else:
            asked.add(action.attribute)
            held = held.answer(action.attribute, yes=action.attribute in sets[target])
        assert target + 100 in held.rows
        assert held.weights.sum() == pytest.approx(1.0)
        assert (np.diff(held.weights) <= 1e-12).all()
    pytest.fail("not found, though nothing was lost")


@given(attribute_sets, st.sampled_from([0.0, 0.15]))
def test_answers_average_out_to_the_belief_before(sets, noise):
    """The law of total probability: what is expected after asking is what was believed."""
    before = belief(*(tuple(sorted(s)) for s in sets), noise=noise, width=6)
    for attribute in range(6):
        chance = before.chances[attribute] * (1 - noise) + (1 - before.chances[attribute]) * noise
        expected = np.zeros(len(sets))
        for yes, share in ((True, chance), (False, 1 - chance)):
            after = before.answer(attribute, yes=yes)
            expected[after.rows - 100] += share * after.weights
        assert expected == pytest.approx(np.full(len(sets), 1 / len(sets)))
