"""pass^k is the share of k-subsets of trials that are right throughout; the same seed gives the same intervals."""

import itertools

import pytest

from evaluation.metrics import difference, mean, pass_hat, pass_k


@pytest.mark.parametrize("trials", range(1, 8))
def test_pass_k_is_the_share_of_k_subsets_that_are_all_right(trials: int) -> None:
    for right in range(trials + 1):
        outcomes = [True] * right + [False] * (trials - right)
        for k in range(1, trials + 1):
            subsets = list(itertools.combinations(outcomes, k))
            assert pass_k(right, trials, k) == pytest.approx(sum(all(s) for s in subsets) / len(subsets))


@pytest.mark.parametrize(("right", "trials", "k"), [(1, 2, 3), (3, 2, 1), (-1, 2, 1), (0, 0, 1)])
def test_pass_k_refuses_what_it_cannot_estimate(right: int, trials: int, k: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        pass_k(right, trials, k)


def test_pass_hat_is_the_mean_over_tasks() -> None:
    rewards = [[True, True, False, False], [True, True, True, True]]
    figure = pass_hat(rewards, 2)
    assert figure is not None
    assert figure.value == pytest.approx((1 / 6 + 1) / 2, abs=1e-4)
    assert figure.n == 2


def test_too_few_trials_are_not_a_score_of_zero() -> None:
    assert pass_hat([[True, True], [True]], 2) is None
    assert pass_hat([], 1) is None


def test_intervals_hold_the_mean_and_are_the_same_for_the_same_seed() -> None:
    values = [0.0] * 12 + [1.0] * 18
    first, again, other = mean(values, seed=1), mean(values, seed=1), mean(values, seed=2)
    assert first == again
    assert first.value == other.value == pytest.approx(0.6)
    assert first.low < 0.6 < first.high


def test_nothing_varies_when_every_task_is_right() -> None:
    figure = mean([1.0] * 5)
    assert (figure.low, figure.value, figure.high) == (1.0, 1.0, 1.0)


def test_paired_differences_cancel_what_both_share() -> None:
    hard_and_easy = [0.1, 0.9, 0.2, 0.8]
    figure = difference([v + 0.1 for v in hard_and_easy], hard_and_easy)
    assert figure.low == pytest.approx(0.1, abs=1e-4)
    assert figure.high == pytest.approx(0.1, abs=1e-4)


def test_a_mean_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        mean([])
