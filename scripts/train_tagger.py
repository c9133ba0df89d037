"""Fit the tagger: low-rank updates of the installed sentence encoder and two heads, from data/utterances.

python scripts/train_tagger.py --epochs 12                     fits on everything and writes tools/tagging/weights.npz
python scripts/train_tagger.py --start tools/tagging/weights.npz --epochs 5 --rate 4e-4 --share 0.6
                                                               goes on from an earlier fit, and takes it most of the way
python scripts/train_tagger.py --held-out 0.15 --seed 1 --dry  fits on 85 % and prints figures on the rest

About ten minutes on two cores. The utterances were written for this; none comes from a data set.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from torch import nn
from transformers import AutoModel

from tools.embedding.onnx import weights_path
from tools.tagging.labels import DOINGS, MARKS
from tools.tagging.tagger import tokenizer

ROOT = Path(__file__).parent.parent
MARKED = re.compile(r"\[([^\[\]|]+)\|([^\]]+)\]")
RANK, SCALE = 16, 2.0
SWAPPED = 0.4
"""Share of phrases exchanged for others of their kind while fitting."""
BLOCKS = ("query", "key", "value", "dense")


@dataclass(frozen=True)
class Example:
    """An utterance: its text, the label of each character, what it does, what stood before."""

    text: str
    marks: tuple[int, ...]
    doing: int
    before: str
    marked: str = ""
    domain: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--held-out", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--share", type=float, default=1.0, help="how far to go from --start towards the new fit")
    parser.add_argument("--rank", type=int, default=RANK)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "utterances")
    parser.add_argument("--out", type=Path, default=ROOT / "tools" / "tagging" / "weights.npz")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    rng = random.Random(args.seed)
    examples = read(args.data)
    rng.shuffle(examples)
    cut = int(len(examples) * args.held_out)
    held, fitting = examples[:cut], examples[cut:]
    print(f"{len(fitting)} utterances to fit, {len(held)} held out", flush=True)
    model = Tagger(args.rank).to(args.device)
    if args.start is not None:
        model.resume(args.start)
    fit(model, fitting, held, args.epochs, args.rate, rng)
    if held:
        print(json.dumps(figures(model, held), indent=1))
    if not args.dry:
        np.savez_compressed(args.out, **between(args.start, model.trained(), args.share))
        print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


def between(start: Path | None, fitted: dict[str, np.ndarray], share: float) -> dict[str, np.ndarray]:
    """Weights on the line from an earlier fit to a new one.

    They keep what the earlier fit was sure of, and read the new utterances nearly as well (Wortsman et al., "Robust
    fine-tuning of zero-shot models", CVPR 2022).
    """
    if start is None or share >= 1:
        return fitted
    before = np.load(start)
    mixed = {
        n: (1 - share) * before[n].astype(np.float32) + share * new.astype(np.float32) for n, new in fitted.items()
    }
    return {name: value.astype(np.float16) for name, value in mixed.items()}


def read(folder: Path) -> list[Example]:
    """Every utterance of the folder's JSONL files."""
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                body = json.loads(line)
                text, marks = unmarked(body["t"])
                found.append(Example(text, marks, DOINGS.index(body["a"]), body["c"], body["t"], body["d"]))
    return found


KINDS = ({"W", "W?", "W!", "A", "A?"}, {"L", "D", "S"})
"""Marks whose phrases may stand for each other: what one person wants another refuses."""
BOUND = re.compile(
    r"\d|^(?:under|over|at|more|less|no|not|from|in|on|about|between|before|after|since|until|up|the|a|an)\b", re.I
)


class Swaps:
    """Phrases of other utterances of the same domain, to put in the place of one: the sentence tells, not the word."""

    def __init__(self, lines: list[tuple[str, str]]) -> None:
        self.held: dict[tuple[str, int, int, bool], list[str]] = {}
        for domain, marked in lines:
            for phrase, mark in MARKED.findall(marked):
                if (key := self._key(domain, phrase, mark)) is not None:
                    self.held.setdefault(key, []).append(phrase)

    @staticmethod
    def _key(domain: str, phrase: str, mark: str) -> tuple[str, int, int, bool] | None:
        kind = next((n for n, marks in enumerate(KINDS) if mark in marks), None)
        return None if kind is None else (domain, kind, len(phrase.split()), bool(BOUND.search(phrase)))

    def swapped(self, domain: str, marked: str, rng: random.Random) -> str:
        """The utterance with some of its phrases exchanged for others of their kind and shape."""

        def other(match: re.Match[str]) -> str:
            key = self._key(domain, match.group(1), match.group(2))
            pool = self.held.get(key, []) if key is not None else []
            if len(pool) < 8 or rng.random() > SWAPPED:
                return match.group()
            return f"[{rng.choice(pool)}|{match.group(2)}]"

        return MARKED.sub(other, marked)


def unmarked(marked: str) -> tuple[str, tuple[int, ...]]:
    """The text without its marks, and the label of each character."""
    text, marks, at = "", [], 0
    for match in MARKED.finditer(marked):
        plain = marked[at : match.start()]
        text += plain + match.group(1)
        marks += [0] * len(plain) + [MARKS.index(match.group(2))] * len(match.group(1))
        at = match.end()
    rest = marked[at:]
    return text + rest, tuple(marks + [0] * len(rest))


class LowRank(nn.Module):
    """A linear layer with a trained low-rank update (Hu et al., "LoRA", ICLR 2022)."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        self.drop = nn.Dropout(0.05)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.base(x) + SCALE * (self.drop(x) @ self.down.T) @ self.up.T


class Tagger(nn.Module):
    """Encoder with low-rank updates, a head over tokens and a head over the whole."""

    def __init__(self, rank: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(str(weights_path()), attn_implementation="eager", dtype=torch.float32)
        for parameter in self.encoder.parameters():
            parameter.requires_grad = False
        self.updates: dict[str, LowRank] = {}
        for name, module in list(self.encoder.named_modules()):
            if isinstance(module, nn.Linear) and name.startswith("encoder.") and name.split(".")[-1] in BLOCKS:
                parent = self.encoder.get_submodule(name.rsplit(".", 1)[0])
                update = LowRank(module, rank)
                setattr(parent, name.rsplit(".", 1)[1], update)
                self.updates[name] = update
        size = self.encoder.config.hidden_size
        self.marks = nn.Linear(size, len(MARKS))
        self.doing = nn.Linear(2 * size, len(DOINGS))
        self.drop = nn.Dropout(0.1)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.marks.weight.device

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: D102
        hidden = self.drop(self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state)
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(1) / weight.sum(1)
        return self.marks(hidden), self.doing(torch.cat([hidden[:, 0], mean], dim=1))

    def resume(self, file: Path) -> None:
        """Take up what was learned before, as `trained` gave it."""
        held = {name: torch.from_numpy(value.astype(np.float32)) for name, value in np.load(file).items()}
        with torch.no_grad():
            for name, update in self.updates.items():
                update.down.copy_(held[f"{name}.down"] / SCALE)
                update.up.copy_(held[f"{name}.up"])
            for name, head in (("marks", self.marks), ("doing", self.doing)):
                head.weight.copy_(held[f"{name}.weight"])
                head.bias.copy_(held[f"{name}.bias"])

    def trained(self) -> dict[str, np.ndarray]:
        """What was learned, in half precision: the updates by layer, and the heads."""
        made = {}
        for name, update in self.updates.items():
            made[f"{name}.down"], made[f"{name}.up"] = SCALE * update.down, update.up
        for name, head in (("marks", self.marks), ("doing", self.doing)):
            made[f"{name}.weight"], made[f"{name}.bias"] = head.weight, head.bias
        return {name: value.detach().cpu().numpy().astype(np.float16) for name, value in made.items()}


def batch_of(
    examples: list[Example], rng: random.Random | None, swaps: Swaps | None = None
) -> tuple[torch.Tensor, ...]:
    """(ids, mask, marks, doing); marks are -100 outside the message. With `rng`, other phrases and slips."""
    noisy = [slipped(exchanged(e, swaps, rng), rng) if rng and swaps else e for e in examples]
    coded = tokenizer().encode_batch([(e.before, e.text) for e in noisy])
    length = max(len(c.ids) for c in coded)
    ids, mask = torch.zeros((len(coded), length), dtype=torch.long), torch.zeros((len(coded), length), dtype=torch.long)
    marks = torch.full((len(coded), length), -100)
    for row, (code, example) in enumerate(zip(coded, noisy, strict=True)):
        ids[row, : len(code.ids)] = torch.tensor(code.ids)
        mask[row, : len(code.ids)] = 1
        for place, (segment, (start, end)) in enumerate(zip(code.sequence_ids, code.offsets, strict=True)):
            if segment == 1 and end > start:
                marks[row, place] = example.marks[start]
    return ids, mask, marks, torch.tensor([e.doing for e in noisy])


def exchanged(example: Example, swaps: Swaps, rng: random.Random) -> Example:
    """The example with some of its phrases exchanged."""
    text, marks = unmarked(swaps.swapped(example.domain, example.marked, rng))
    return Example(text, marks, example.doing, example.before)


def slipped(example: Example, rng: random.Random) -> Example:
    """The example with a letter lost or doubled now and then, or without its punctuation."""
    text, marks = list(example.text), list(example.marks)
    if rng.random() < 0.2:
        kept = [n for n, letter in enumerate(text) if letter not in ".,;!?"]
        text, marks = [text[n] for n in kept], [marks[n] for n in kept]
    if rng.random() < 0.25 and len(text) > 8:
        place = rng.randrange(1, len(text) - 1)
        if text[place].isalpha():
            if rng.random() < 0.5:
                del text[place], marks[place]
            else:
                text.insert(place, text[place])
                marks.insert(place, marks[place])
    return Example("".join(text), tuple(marks), example.doing, example.before)


def fit(
    model: Tagger, examples: list[Example], held: list[Example], epochs: int, rate: float, rng: random.Random
) -> None:
    trained = [p for p in model.parameters() if p.requires_grad]
    steps = epochs * (len(examples) // 32 + 1)
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps + 1, pct_start=0.1)
    swaps = Swaps([(e.domain, e.marked) for e in examples])
    began = time.monotonic()
    for epoch in range(epochs):
        model.train()
        rng.shuffle(examples)
        total = 0.0
        for start in range(0, len(examples), 32):
            batch = batch_of(examples[start : start + 32], rng, swaps)
            ids, mask, marks, doing = (part.to(model.device) for part in batch)
            by_token, whole = model(ids, mask)
            loss = nn.functional.cross_entropy(by_token.flatten(0, 1), marks.flatten(), ignore_index=-100)
            loss = 2 * loss + nn.functional.cross_entropy(whole, doing, label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * min(32, len(examples) - start)
        note = f" held out: {figures(model, held)}" if held and (epoch % 3 == 2 or epoch == epochs - 1) else ""
        print(
            f"epoch {epoch + 1}: loss {total / len(examples):.3f}, {time.monotonic() - began:.0f} s{note}", flush=True
        )


def figures(model: Tagger, examples: list[Example]) -> dict[str, float]:
    """Accuracy of acts, of marked tokens (and how exactly spans are told), on examples."""
    model.eval()
    right = acts = tokens = told = 0
    confusion: dict[str, int] = {}
    with torch.no_grad():
        for start in range(0, len(examples), 64):
            ids, mask, marks, doing = (part.to(model.device) for part in batch_of(examples[start : start + 64], None))
            by_token, whole = model(ids, mask)
            acts += int((whole.argmax(1) == doing).sum())
            said = by_token.argmax(2)
            here = marks != -100
            tokens += int(here.sum())
            told += int(((said == marks) & here).sum())
            for want, got in zip(marks[here].tolist(), said[here].tolist(), strict=True):
                key = MARKS[want][:1]
                confusion[f"{key} n"] = confusion.get(f"{key} n", 0) + 1
                confusion[f"{key} ok"] = confusion.get(f"{key} ok", 0) + (MARKS[got][:1] == key)
            right += int((((said == marks) | ~here).all(1)).sum())
    by_mark = {k[0]: round(confusion[f"{k[0]} ok"] / confusion[k], 2) for k in confusion if k.endswith(" n")}
    return {
        "acts": round(acts / len(examples), 3),
        "tokens": round(told / tokens, 3),
        "whole": round(right / len(examples), 3),
        **by_mark,
    }


if __name__ == "__main__":
    main()
