"""The reranking prompts as models get them: snapshots, in a domain of teas.

TASTEMAKER_UPDATE_SNAPSHOTS=1 pytest tests/tools/test_reranking_prompts.py      rewrites the snapshots
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import prompts
from tests.tools.reranking_tasks import tea_task
from tools.reranking.listwise import Listwise
from tools.reranking.pairwise import Pairwise
from tools.reranking.pointwise import Pointwise
from tools.reranking.rating import Rating
from tools.reranking.strategy import Reranker

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("strategy", [Listwise(), Pointwise(), Rating(), Pairwise()], ids=lambda s: s.name)
def test_prompt(strategy: Reranker) -> None:
    request = next(strategy.rerank(tea_task(2)))
    text = f"--- system\n{request.system}\n--- user\n{request.user}\n--- schema\n{request.json_schema}\n"
    file = SNAPSHOTS / f"{strategy.template}.txt"
    if os.environ.get("TASTEMAKER_UPDATE_SNAPSHOTS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
    assert request.prompt_hash == prompts.digest(strategy.template)
