"""Dialogues of a run as data for others: chats to train on, and interactions to fit rankers on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from evaluation.experiment.episodes import Episode
from evaluation.experiment.replaying import name_of
from simulation.protocol import EndReason


def chats(episodes: Iterable[Episode], *, successes_only: bool = False) -> Iterator[str]:
    """One JSON line a dialogue: {"messages": [{"role", "content"}, …]} and where it came from.

    Dialogues that the machinery ended are left out; `successes_only`: those that found nothing, too.
    """
    for episode in episodes:
        if not episode.ending.by_choice or (successes_only and not episode.measures.get("success")):
            continue
        messages = []
        for exchange in episode.exchanges:
            messages.append({"role": "user", "content": exchange.said})
            messages.append({"role": "assistant", "content": exchange.reply})
        if episode.last_word:
            messages.append({"role": "user", "content": episode.last_word})
        told = {"dialogue": name_of(episode), "ending": episode.ending.value, "simulated": True}
        yield json.dumps({"messages": messages, **told}, ensure_ascii=False)


def interactions(episodes: Iterable[Episode]) -> Iterator[str]:
    """CSV lines user,item,rating,timestamp: 1 for what was taken, 0 for what was shown and passed on.

    The time is the number of the dialogue's turn: simulated people live in no year.
    """
    yield "user,item,rating,timestamp"
    for episode in episodes:
        if episode.ending in {EndReason.agent_failed, EndReason.person_failed}:
            continue
        shown: dict[str, int] = {}
        for number, exchange in enumerate(episode.exchanges, 1):
            for item in exchange.slate:
                shown.setdefault(item.id, number)
        for seen, first in shown.items():
            yield f"{_cell(episode.member)},{_cell(seen)},{int(seen == episode.accepted)},{first}"


def _cell(text: str) -> str:
    quoted = text.replace('"', '""')
    return f'"{quoted}"' if any(mark in text for mark in ',"\n') else text
