"""What `tastemaker enrich` says: the estimate, how far it is, how it ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.turn import Usage
    from ingest.enriching.costs import Estimate
    from ingest.enriching.running import Outcome, Told, Work


def plan_in_words(work: Work, cost: Estimate) -> str:
    """What is about to be asked and what it will take."""
    names = ", ".join(f"{t.spec.name}{' (new)' if t.added else ''}" for t in work.asking.targets)
    have, failed = work.settled()
    there = [f"{have:,} have an answer already" if have else "", f"{len(failed):,} failed before" if failed else ""]
    known = f" ({', '.join(t for t in there if t)})" if have or failed else ""
    if not cost.items:
        return f"Nothing is to be asked: {len(work.items):,} items{known}."
    price = "no price is set (TASTEMAKER_PRICES)"
    if cost.cost is not None and cost.most_cost is not None:
        price = f"about {money(cost.cost)}, at most {money(cost.most_cost)}"
    return (
        f"{cost.items:,} of {len(work.items):,} items to ask {work.asking.model} about{known}.\n"
        f"Fields: {names}.\n"
        f"Calls: {cost.calls:,}. Tokens: about {cost.tokens_in:,} in and {cost.tokens_out:,} out "
        f"(at most {cost.most_out:,}). Cost: {price}.{going_on(work)}"
    )


def going_on(work: Work) -> str:
    """What is known of a run that was cut off; empty when there is none."""
    run = work.answers.open_run
    if run is None:
        return ""
    return f"\nThe run begun {run.at} was cut off and goes on.{lost_in_words(work.answers.lost(run.run))}"


def lost_in_words(lost: object) -> str:
    """How many calls brought nothing; empty when none did."""
    calls = len(lost) if isinstance(lost, list | tuple) else 0
    if not calls:
        return ""
    one = calls == 1
    return (
        f" {calls} call{'' if one else 's'} of it brought no answer: {'it' if one else 'they'} may have been paid, "
        f"and {'its' if one else 'their'} items are asked for again."
    )


def outcome_in_words(outcome: Outcome) -> str:
    """How a run ended."""
    ends = {"done": "Done", "ceiling": "Stopped before the call that could pass the ceiling", "model": "Stopped"}
    said = [f"{ends[outcome.why]}: {outcome.answered:,} of {outcome.total:,} items have an answer."]
    said.append(f"This run: {usage_in_words(outcome.usage)}.{lost_in_words(outcome.lost)}")
    if outcome.failed:
        said.append(f"{len(outcome.failed):,} failed twice (--retry asks for them again):")
        said += [f"  {item}: {why}" for item, why in list(outcome.failed.items())[:10]]
        said += [f"  … and {len(outcome.failed) - 10:,} more"] if len(outcome.failed) > 10 else []
    return "\n".join(said)


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """The same for programs."""
    return {
        "why": outcome.why,
        "run": outcome.run,
        "items": outcome.total,
        "answered": outcome.answered,
        "failed": dict(outcome.failed),
        "usage": outcome.usage.model_dump(mode="json"),
        "calls_without_an_answer": len(outcome.lost),
    }


def usage_in_words(usage: Usage) -> str:
    """ "12 calls, 3,400 tokens in, 900 out, 0.0028 paid"."""
    paid = "" if usage.cost is None else f", {money(usage.cost)} paid"
    return f"{usage.calls:,} calls, {usage.tokens_in:,} tokens in, {usage.tokens_out:,} out{paid}"


def money(amount: float) -> str:
    """An amount in the currency of the price table."""
    return f"{amount:.2f}" if amount >= 1 else f"{amount:.4f}"


@contextmanager
def told_on_stderr(clock: Callable[[], float] = time.monotonic) -> Iterator[Callable[[Told], None]]:
    """How far the run is: one line that is written over on a terminal, a line a call elsewhere."""
    began: list[tuple[float, int]] = []
    end = "\r" if sys.stderr.isatty() else "\n"

    def tell(told: Told) -> None:
        began.append((clock(), told.done))
        line = progress_in_words(told, told.done - began[0][1], clock() - began[0][0])
        sys.stderr.write(f"\x1b[2K{line}{end}" if end == "\r" else f"{line}{end}")
        sys.stderr.flush()
        del began[1:]

    try:
        yield tell
    finally:
        if end == "\r" and began:
            sys.stderr.write("\n")


def progress_in_words(told: Told, fresh: int, seconds: float) -> str:
    """ "120 of 200 items, 2.1 a second, 38 s left; 12 calls, …"; `fresh` items came in the last `seconds`."""
    line = f"{told.done:,} of {told.total:,} items"
    if fresh and seconds > 0:
        rate = fresh / seconds
        line += f", {rate:.1f} a second, {duration((told.total - told.done) / rate)} left"
    failed = f", {told.failed:,} failed" if told.failed else ""
    return f"{line}{failed}; {usage_in_words(told.usage)}"


def duration(seconds: float) -> str:
    """ "38 s", "12 min", "3 h 5 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
