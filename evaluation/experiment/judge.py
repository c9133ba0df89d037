"""Satisfaction with a finished dialogue, from 1 to 5: by a stated rule, or by a language model as the judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field, ValidationError

import prompts
from core.errors import ModelMustRetry, ModelRejected
from core.values import Value
from evaluation.experiment.episodes import Episode
from simulation.protocol import EndReason

Complete = Callable[[str, str, dict[str, Any], str], str]
"""(system, user, JSON schema, prompt hash) to the model's answer; raises ModelMustRetry or ModelRejected."""
TRIES = 2

UNFOUND = 0.4
"""What a dialogue without success is worth at best, as a share of one with it."""
EFFORT = 0.4
"""Share lost when all patience was used up."""
BROKEN = 0.3
"""Share lost to items that break a wish told, when there is no end of them; half of it is lost to the first two."""
REPEATED = 0.2
"""The same for items shown again."""
USELESS = 0.2
"""The same for questions that brought nothing."""
HALFWAY = 2.0


def rule_satisfaction(*, success: bool, turns: int, patience: int, broken: int, repeats: int, useless: int) -> float:
    """Satisfaction in [1, 5]: success, less what it cost (the shape of PARADISE, Walker et al. 1997).

        1 + 4 · worth · (1 - 0.4 · effort) · (1 - 0.3 · b) · (1 - 0.2 · r) · (1 - 0.2 · u)

    worth is 1 with success and 0.4 without; effort is (turns - 1) / patience, at most 1; b, r and u are n / (n + 2) for
    the numbers of items that break a wish told, of items shown again and of questions that brought nothing. Better with
    success and patience, worse with each of the others. The weights are stated, not fitted to people. Raises ValueError
    for a negative count or a patience below 1.
    """
    if min(turns, broken, repeats, useless) < 0 or patience < 1:
        raise ValueError(
            f"counts must be 0 or more and patience 1 or more: {turns=} {broken=} {repeats=} {useless=} {patience=}"
        )
    effort = min(1.0, max(0, turns - 1) / patience)
    kept = 1 - EFFORT * effort
    for share, count in ((BROKEN, broken), (REPEATED, repeats), (USELESS, useless)):
        kept *= 1 - share * count / (count + HALFWAY)
    return 1 + 4 * (1.0 if success else UNFOUND) * kept


class Verdict(Value):
    """What the judge answers."""

    why: str
    satisfaction: int = Field(ge=1, le=5)


def judge_satisfaction(episode: Episode, complete: Complete) -> float | None:
    """The grade of a model that reads the dialogue and the need in words (five levels as in Sun et al. 2021, USS).

    It is not told which system answered, nor the item in mind unless that was shown. None, unscored, when two answers
    in a row cannot be read, when the model refuses, and where there is nothing to judge: no turn, or a person who
    failed. Calls the model twice at most.
    """
    if not episode.exchanges or episode.ending is EndReason.person_failed:
        return None
    prompt = judge_prompt(episode)
    for _ in range(TRIES):
        try:
            text = complete(prompt.system, prompt.user, VERDICT_SCHEMA, prompt.hash)
        except ModelMustRetry:
            continue
        except ModelRejected:
            return None
        verdict = _read(text)
        if verdict is not None:
            return float(verdict.satisfaction)
    return None


def judge_prompt(episode: Episode) -> prompts.Prompt:
    """What the judge reads: the need in words, every message with its slate as shown, and how it ended."""
    return prompts.render(
        "satisfaction_judge",
        wants=episode.wants,
        exchanges=episode.exchanges,
        last_word=episode.last_word,
        ending=episode.ending.value,
        taken=_taken(episode),
    )


VERDICT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "satisfaction": {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
    "required": ["why", "satisfaction"],
    "additionalProperties": False,
}
"""In the strict dialect that servers enforce; bounds are written as the five values."""


def _taken(episode: Episode) -> tuple[int, int] | None:
    """(place on the slate, number of the message) of the item taken, as it was shown last; both from 1."""
    for number in range(len(episode.exchanges), 0, -1):
        for place, item in enumerate(episode.exchanges[number - 1].slate, 1):
            if item.id == episode.accepted:
                return place, number
    return None


def _read(text: str) -> Verdict | None:
    start, end = text.find("{"), text.rfind("}")
    try:
        return Verdict.model_validate_json(text[start : end + 1])
    except ValidationError:
        return None
