"""How well a word points in embedding space: free-text wishes and critiques, measured on moods with known holders.

    python -m benchmarks.text_directions --json benchmarks/results/text-directions.json

For every mood and theme a demo catalogue declares, its word is embedded and the items' descriptions are ranked by it;
the descriptions hold no moods or themes, so that the answer does not stand in the text. AUC: the chance that an item
with the mood comes before one without. Three directions are compared: the word itself, which the product ranks by;
the word less what all items share (their mean); and the word in a sentence of the domain.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.build import build
from agent.settings import load_settings
from evaluation.metrics import mean
from tools.embedding import build_embedder

FEWEST = 8
"""Items that must hold a value, and lack it."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", action="append", help="films and books by default")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    settings = load_settings(controller="rules")
    app, embedder = build(settings), build_embedder(settings.embedder, settings.home)
    if embedder is None:
        raise SystemExit("Set TASTEMAKER_EMBEDDER to something other than none.")
    metrics = {}
    for name in args.catalog or ["films", "books"]:
        catalog = app.catalog(name)
        items, schema = list(catalog.items()), catalog.schema
        description = schema.role("description")
        if description is None:
            continue
        texts = np.asarray(embedder.embed([str(next(iter(i.values(description.name)), "")) for i in items]))
        found: dict[str, list[float]] = {"word": [], "word less the mean": [], "word in a sentence": []}
        for spec in schema.fields:
            for value in spec.values if spec.strength == "soft" else ():
                holds = np.asarray([value in i.values(spec.name) for i in items])
                if min(holds.sum(), (~holds).sum()) < FEWEST:
                    continue
                word, sentence = np.asarray(embedder.embed([value, f"a {value} {schema.noun.one}"]))
                found["word"].append(auc(texts @ word, holds))
                found["word less the mean"].append(
                    auc((texts - texts.mean(axis=0)) @ (word - texts.mean(axis=0)), holds)
                )
                found["word in a sentence"].append(auc(texts @ sentence, holds))
        for way, values in found.items():
            figure = mean(values)
            metrics[f"{name}/AUC/{way}"] = figure.model_dump()
            print(
                f"{name:6} {way:20} AUC {figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}] over {figure.n} values"
            )
    if args.json:
        body = {"metrics": metrics, "command": "python -m benchmarks.text_directions", "embedder": settings.embedder}
        args.json.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def auc(scores: NDArray[np.floating], holds: NDArray[np.bool_]) -> float:
    """The chance that a holder outranks one that is none; ties count half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    positive, negative = int(holds.sum()), int((~holds).sum())
    return float((ranks[holds].sum() - positive * (positive + 1) / 2) / (positive * negative))


if __name__ == "__main__":
    main()
