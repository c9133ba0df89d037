"""Understanding accuracy of the rule controller on a half of the corpus, with 95 % bootstrap intervals.

python -m benchmarks.understanding development           the half used while building
python -m benchmarks.understanding untouched             the half never looked at before it was scored
python -m benchmarks.understanding development --misses  list what was misread
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from tests.understanding.scoring import Scored, score_half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("half", choices=["development", "untouched"])
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    scored = score_half(args.half)
    metrics = {
        "act_accuracy": interval([s.act_right for s in scored]),
        "exact_patch_accuracy": interval([s.patch_right for s in scored]),
        "both": interval([s.act_right and s.patch_right for s in scored]),
    }
    for name in sorted({s.catalog for s in scored}):
        metrics[f"exact_patch_accuracy_{name}"] = interval([s.patch_right for s in scored if s.catalog == name])
        metrics[f"act_accuracy_{name}"] = interval([s.act_right for s in scored if s.catalog == name])
    for name, value in metrics.items():
        print(f"{name:32} {value['value']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]  n={value['n']}")
    if args.misses:
        for miss in (s for s in scored if not (s.act_right and s.patch_right)):
            print(describe(miss))
    if args.json:
        misses = [s.say for s in scored if not (s.act_right and s.patch_right)]
        args.json.write_text(
            json.dumps({"metrics": metrics, "half": args.half, "misses": misses}, indent=1, ensure_ascii=False)
        )


def interval(right: list[bool], draws: int = 1000, seed: int = 7) -> dict[str, float]:
    """Mean with a percentile bootstrap interval over utterances."""
    rng = random.Random(seed)
    count = len(right)
    means = sorted(sum(rng.choices(right, k=count)) / count for _ in range(draws))
    return {
        "value": sum(right) / count,
        "low": means[int(draws * 0.025)],
        "high": means[int(draws * 0.975) - 1],
        "n": count,
    }


def describe(miss: Scored) -> str:
    lines = [f"\n[{miss.catalog}] {miss.say}" + (f"   (context: {miss.context})" if miss.context else "")]
    if not miss.act_right:
        lines.append(f"    act      {miss.act}, expected {miss.expected_act}")
    lines += [f"    missing  {line}" for line in sorted(map(str, miss.missing))]
    lines += [f"    extra    {line}" for line in sorted(map(str, miss.extra))]
    if miss.note:
        lines.append(f"    note     {miss.note}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
