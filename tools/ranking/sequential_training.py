"""Training of the sequential ranker in PyTorch, resumed from its last epoch when it was stopped.

SASRec (Kang and McAuley, ICDM 2018), pre-normed, with softmax cross-entropy over the items in place of one sampled
negative (Klenitskiy and Vasilev, "Turning dross into gold loss", RecSys 2023).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tools.ranking.holding_out import hold_out
from tools.ranking.ranker import Interactions
from tools.ranking.sequential import Settings

CHUNK = 1024
"""Positions whose scores for all items are held at once."""
STEPS, FEWEST = 50, 256
"""Steps of an epoch and positions of a batch, at least, where there is little to learn from."""
Weights = dict[str, NDArray[np.float32]]
Advance = Callable[[], None]


class Block(nn.Module):  # type: ignore[misc]
    """Causal self-attention and a two-layer network, each normed before and added to what came in."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        dim = settings.dim
        self.heads = settings.heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.up, self.down = nn.Linear(dim, settings.hidden), nn.Linear(settings.hidden, dim)
        self.drop = nn.Dropout(settings.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(people, positions, dim) to the same."""
        people, long, dim = x.shape
        parts = self.qkv(self.norm1(x)).view(people, long, 3, self.heads, dim // self.heads).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True)
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(people, long, dim)))
        return x + self.drop(self.down(torch.relu(self.up(self.norm2(x)))))


class Network(nn.Module):  # type: ignore[misc]
    """Item and place embeddings, blocks, a last norm; what comes out is compared with the item embeddings."""

    def __init__(self, count: int, settings: Settings) -> None:
        super().__init__()
        self.items = nn.Embedding(count, settings.dim)
        self.places = nn.Embedding(settings.window, settings.dim)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(settings.dim)
        self.drop = nn.Dropout(settings.dropout)
        for table in (self.items, self.places):
            nn.init.normal_(table.weight, std=0.02 if table is self.places else settings.dim**-0.5)

    def forward(self, rows: Tensor) -> Tensor:
        """(people, positions) item rows, the earliest first and padded behind, to (people, positions, dim)."""
        x = self.drop(self.items(rows) + self.places.weight[: rows.shape[1]])
        for block in self.blocks:
            x = block(x)
        return self.norm(x)


class SoftmaxLoss(torch.autograd.Function):  # type: ignore[misc]
    """Mean cross-entropy of the next item, its gradients made in the same pass over the scores, chunk by chunk."""

    @staticmethod
    def forward(ctx: Any, told: Tensor, table: Tensor, targets: Tensor, drawn: Tensor) -> Tensor:  # noqa: ANN401
        """`told` (n, dim), `table` (items, dim), `targets` (n,); `drawn`: the items that stand for all of them."""
        n, weight = len(targets), len(table) / len(drawn)
        place = torch.full((len(table),), -1)
        place[drawn] = torch.arange(len(drawn))
        others, right = table[drawn], table[targets]
        widened = torch.cat([others, torch.ones(len(others), 1)], 1)
        d_told, d_others, d_right = torch.empty_like(told), torch.zeros_like(others), torch.empty_like(told)
        scores = torch.empty(min(CHUNK, n), len(drawn))
        loss = 0.0
        for start in range(0, n, CHUNK):
            here = slice(start, start + CHUNK)
            held, own = told[here], right[here]
            at = (held * own).sum(1, keepdim=True)
            z = torch.mm(held, others.T, out=scores[: len(held)]).exp_()
            twice = place[targets[here]]
            z[torch.arange(len(held))[twice >= 0], twice[twice >= 0]] = 0.0
            summed = (z @ widened).mul_(weight)
            first = at.exp()
            total = summed[:, -1:] + first
            loss += float((total.log() - at).sum())
            d_told[here] = (summed[:, :-1] + first * own) / total - own
            d_others.addmm_(z.T, held * (weight / total))
            d_right[here] = held * (first / total - 1.0)
        d_table = torch.zeros_like(table).index_add_(0, drawn, d_others).index_add_(0, targets, d_right)
        ctx.save_for_backward(d_told / n, d_table / n)
        return told.new_tensor(loss / n)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: ANN401
        """The gradients that `forward` made."""
        d_told, d_table = ctx.saved_tensors
        return d_told * grads[0], d_table * grads[0], None, None


class Course(NamedTuple):
    """What a training goes on from."""

    network: Network
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    rng: np.random.Generator
    marks: list[float]
    """NDCG@10 of the held-out items after each epoch."""
    best: dict[str, Tensor]


def train(
    interactions: Interactions,
    settings: Settings,
    held: Sequence[tuple[Sequence[int], int]] | None = None,
    checkpoint: Path | None = None,
    advance: Advance = lambda: None,
) -> Weights:
    """The weights of the latest epoch that is within a standard error of the best.

    NDCG@10 decides, on next items held out: those given, or the last items of some people. The best by itself would
    often be a stroke of luck before the learning rate has fallen.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    if held is None:
        interactions, held = hold_out(interactions, rng, settings.held)
    fitting = [h for p in range(len(interactions)) if len(h := interactions.history(p)) > 1]
    proof = [np.asarray([*history, target], dtype=np.int64) for history, target in held]
    told = sum(min(len(h) - 1, settings.window) for h in fitting)
    settings = settings.model_copy(update={"positions": min(settings.positions, max(told // STEPS, FEWEST))})
    course = _begin(interactions.count, settings, sum(1 for _ in _batches(fitting, settings, rng)), rng)
    if checkpoint is not None and checkpoint.is_file():
        course = _resume(course, checkpoint)
    for _ in course.marks:
        advance()
    while len(course.marks) < settings.epochs:
        _epoch(course, fitting, settings, interactions.count)
        gains = ndcg(course.network, proof, settings) if proof else np.zeros(1)
        course.marks.append(float(gains.mean()))
        if course.marks[-1] >= max(course.marks) - float(gains.std()) / math.sqrt(len(gains)):
            course.best.update({k: v.clone() for k, v in course.network.state_dict().items()})
        if checkpoint is not None:
            _keep(course, checkpoint)
        advance()
    return {k: v.numpy().astype(np.float32) for k, v in course.best.items()}


def _begin(count: int, settings: Settings, steps: int, rng: np.random.Generator) -> Course:
    network = Network(count, settings)
    optimizer = torch.optim.AdamW(
        network.parameters(), settings.rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay
    )
    whole, warm = steps * settings.epochs, min(steps, 100)

    def rate(step: int) -> float:
        return min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * min(step / whole, 1.0))) + 0.01)

    return Course(network, optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, rate), rng, [], {})


def _epoch(course: Course, histories: Sequence[NDArray[np.int64]], settings: Settings, count: int) -> None:
    """One pass: a window of every person, every position of it a target."""
    network = course.network
    network.train()
    for windows in _batches(histories, settings, course.rng):
        rows, last = _padded([w[:-1] for w in windows])
        targets = torch.from_numpy(np.concatenate([w[1:] for w in windows]))
        some = course.rng.permutation(count)[: settings.negatives or count]
        told = network(rows)[torch.arange(rows.shape[1])[None] <= last[:, None]]
        loss = SoftmaxLoss.apply(told, network.items.weight, targets, torch.from_numpy(some))
        course.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        course.optimizer.step()
        course.schedule.step()


def _batches(
    histories: Sequence[NDArray[np.int64]], settings: Settings, rng: np.random.Generator
) -> Iterator[list[NDArray[np.int64]]]:
    """Windows of at most `window` + 1 items, of like lengths together, `positions` positions a batch at most."""
    size = settings.window + 1
    starts = [int(rng.integers(0, max(len(h) - size, 0) + 1)) for h in histories]
    windows = [h[s : s + size] for h, s in zip(histories, starts, strict=True)]
    order = sorted(range(len(windows)), key=lambda p: len(windows[p]) + rng.uniform(0, 4))
    batches: list[list[NDArray[np.int64]]] = [[]]
    for p in order:
        if (len(batches[-1]) + 1) * len(windows[p]) > settings.positions and batches[-1]:
            batches.append([])
        batches[-1].append(windows[p])
    yield from (batches[b] for b in rng.permutation(len(batches)))


def _padded(windows: Sequence[NDArray[np.int64]]) -> tuple[Tensor, Tensor]:
    """(people, longest) rows padded behind, and (people,) the place of each one's last."""
    rows = np.zeros((len(windows), max(map(len, windows))), dtype=np.int64)
    for place, window in enumerate(windows):
        rows[place, : len(window)] = window
    return torch.from_numpy(rows), torch.tensor([len(w) - 1 for w in windows])


@torch.no_grad()  # type: ignore[untyped-decorator]
def ndcg(network: Network, histories: Sequence[NDArray[np.int64]], settings: Settings) -> NDArray[np.float64]:
    """(people,) NDCG@10 of everyone's last item among all items not had before."""
    network.eval()
    gains = []
    for start in range(0, len(histories), 100):
        part = histories[start : start + 100]
        rows, last = _padded([h[:-1][-settings.window :] for h in part])
        scores = network(rows)[torch.arange(len(part)), last] @ network.items.weight.T
        for row, history in zip(scores, part, strict=True):
            target = row[history[-1]].clone()
            row[torch.from_numpy(history[:-1])] = -torch.inf
            place = int((row > target).sum()) + 1
            gains.append(1 / math.log2(place + 1) if place <= 10 else 0.0)
    return np.asarray(gains)


def _keep(course: Course, file: Path) -> None:
    """Everything that the next epoch needs, written so that a stop in between leaves the last one whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".partial")
    torch.save(
        {
            "network": course.network.state_dict(),
            "optimizer": course.optimizer.state_dict(),
            "schedule": course.schedule.state_dict(),
            "rng": course.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "marks": course.marks,
            "best": course.best,
        },
        draft,
    )
    draft.replace(file)


def _resume(course: Course, file: Path) -> Course:
    held = torch.load(file, weights_only=True)
    course.network.load_state_dict(held["network"])
    course.optimizer.load_state_dict(held["optimizer"])
    course.schedule.load_state_dict(held["schedule"])
    course.rng.bit_generator.state = held["rng"]
    torch.set_rng_state(held["torch_rng"])
    return course._replace(marks=list(held["marks"]), best=dict(held["best"]))
