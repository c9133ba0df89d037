"""The sequential ranker: served as trained, gone on with after a stop, and its loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.tools.test_rankers import ITEMS, SMALL, wheels
from tools.ranking.ranker import Interactions
from tools.ranking.sequential import Sequential
from tools.ranking.sequential_training import Network, SoftmaxLoss, train


class Stopped(Exception):
    """The power went."""


def test_numpy_serves_what_torch_trained():
    torch.manual_seed(1)
    network = Network(ITEMS, SMALL).eval()
    ranker = Sequential({k: v.numpy() for k, v in network.state_dict().items()}, SMALL)
    for rows in ([4], [1, 2, 3], [5, 6, 7, 8, 9, 10, 1, 2]):
        with torch.no_grad():
            wanted = network(torch.tensor([rows]))[0, -1] @ network.items.weight.T
        np.testing.assert_allclose(ranker.score(rows), wanted.numpy(), atol=1e-5)


def test_only_the_last_window_counts():
    ranker = Sequential({k: v.numpy() for k, v in Network(ITEMS, SMALL).state_dict().items()}, SMALL)
    long = list(range(20))
    np.testing.assert_array_equal(ranker.score(long), ranker.score(long[-SMALL.window :]))


@pytest.mark.parametrize("count", [7, 3000])
def test_the_loss_over_all_items_is_cross_entropy(count: int):
    torch.manual_seed(0)
    told, table = torch.randn(count, 5, requires_grad=True), torch.randn(9, 5, requires_grad=True)
    targets = torch.randint(9, (count,))
    loss = SoftmaxLoss.apply(told, table, targets, torch.randperm(9))
    made = torch.autograd.grad(loss, (told, table))
    plain = functional.cross_entropy(told @ table.T, targets)
    assert loss.item() == pytest.approx(plain.item(), rel=1e-5)
    for ours, theirs in zip(made, torch.autograd.grad(plain, (told, table)), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_drawn_items_stand_for_all_of_them():
    torch.manual_seed(0)
    told, table, targets = torch.randn(50, 5) * 0.3, torch.randn(200, 5) * 0.3, torch.randint(200, (50,))
    plain = functional.cross_entropy(told @ table.T, targets).item()
    drawn = [SoftmaxLoss.apply(told, table, targets, torch.randperm(200)[:60]).item() for _ in range(40)]
    assert np.mean(drawn) == pytest.approx(plain, rel=0.01)


def test_a_stopped_training_goes_on_to_the_same_weights(tmp_path: Path):
    seen = Interactions.of(wheels(60), ITEMS)
    settings = SMALL.model_copy(update={"epochs": 4, "dropout": 0.1})
    whole = train(seen, settings)
    done = 0

    def stop_at_two() -> None:
        nonlocal done
        done += 1
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        train(seen, settings, None, tmp_path / "kept.pt", stop_at_two)
    ticks: list[int] = []
    again = train(seen, settings, None, tmp_path / "kept.pt", lambda: ticks.append(1))
    assert len(ticks) == settings.epochs
    for name, weights in whole.items():
        np.testing.assert_allclose(again[name], weights, atol=1e-6)
