"""The run: one call at a time, each on disk before it leaves and again when it comes back; killed, it goes on.

What is guaranteed. A record of the call is synced before the request is sent, and the answer is synced, word for word,
before anything is made of it. An item whose answer is on disk is never sent again under the same prompt and model while
its own text is the same. Killed at any moment, at most the one call in flight is lost: whether the server had answered
it cannot be known, so its items are asked for again, and it is reported and counted against the ceiling.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from core.errors import BudgetSpent, ModelBrokeSchema, ModelRejected, ModelUnavailable, TastemakerError
from core.events import ModelReply, ModelRequest
from core.items import Item
from core.turn import Usage
from core.values import Value
from ingest.enriching.answers import Answers
from ingest.enriching.asking import Asking
from ingest.enriching.costs import Ceiling, Meter
from ingest.enriching.log import Log
from ingest.enriching.reading import read
from ingest.enriching.records import Answered, Asked, Begun, Broken, Ended, Read, Record, Restored, Retried

Ask = Callable[[ModelRequest], ModelReply]
Batch = tuple[tuple[Item, ...], bool]
"""Items, and whether this is the second try of a single one."""


class Told(Value):
    """How far a run is."""

    done: int
    """Items with an answer, or with none after two tries."""
    total: int
    failed: int
    usage: Usage


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    why: Literal["done", "ceiling", "model"]
    run: int
    """Its number, from 1; 0 when there was nothing to ask."""
    total: int
    answered: int
    """Of the items wanted, those with an answer, from this run or from one before."""
    failed: Mapping[str, str]
    """By item id, why there is no answer."""
    usage: Usage
    """Of the whole run, also of the parts before it was cut off."""
    lost: tuple[Asked, ...]
    """Calls that brought nothing and may have been paid."""
    error: TastemakerError | None = None
    """What the model failed with, when it did."""


@dataclass
class Work:
    """The items wanted, and what the log says of them."""

    asking: Asking
    items: tuple[Item, ...]
    log: Log
    batch: int = 10

    def __post_init__(self) -> None:
        self.answers = Answers.of(self.log.read())
        self.keys = {item.id: self.asking.key(item) for item in self.items}
        self.items = tuple(item for item in self.items if self.asking.lacking(item))

    def record(self, record: Record) -> None:
        """Write a record and take it in."""
        self.log.append(record)
        self.answers.take(record)

    def pending(self) -> list[Batch]:
        """What is to be asked: single items on their second try, then batches of those never answered."""
        fresh: list[Item] = []
        again: list[Item] = []
        for item in self.items:
            key = self.keys[item.id]
            failed = self.answers.failed.get(key)
            if key in self.answers.given or (failed is not None and failed.alone):
                continue
            (fresh if failed is None else again).append(item)
        batches = [tuple(fresh[n : n + self.batch]) for n in range(0, len(fresh), self.batch)]
        return [*(((item,), True) for item in again), *((held, False) for held in batches)]

    def settled(self) -> tuple[int, dict[str, str]]:
        """How many items have an answer, and why others will get none."""
        failed = {}
        for item in self.items:
            held = self.answers.failed.get(self.keys[item.id])
            if held is not None and held.alone:
                failed[item.id] = held.why
        return sum(self.keys[i.id] in self.answers.given for i in self.items), failed

    def retry(self) -> int:
        """Let failed items be asked again; returns how many there are."""
        keys = tuple(k for i in self.items if (k := self.keys[i.id]) in self.answers.failed)
        if keys:
            self.record(Retried(keys=keys))
        return len(keys)

    def read_unread(self) -> None:
        """Read answers that came just before a kill."""
        by_id = {item.id: item for item in self.items}
        for asked in self.answers.unread:
            if all(self.keys.get(key.item) == key and key.item in by_id for key in asked.keys):
                self.read(asked, [by_id[key.item] for key in asked.keys])

    def read(self, asked: Asked, items: Sequence[Item]) -> None:
        """Read the answer to a call and record what was made of it."""
        text = self.answers.answered[asked.call].text
        found = read(text, items, self.asking.targets, alone=asked.alone)
        self.record(Read(call=asked.call, kept=found.kept, failed=found.failed, strangers=found.strangers))


def run(
    work: Work,
    ask: Ask,
    meter: Meter,
    *,
    ceiling: Ceiling | None = None,
    told: Callable[[Told], None] = lambda _: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outcome:
    """Ask for what is missing, until it is there, the ceiling is reached or the model fails for good.

    Goes on with the run that was cut off, if there is one for the same prompt and model. KeyboardInterrupt passes
    through; what was answered is kept.
    """
    work.read_unread()
    aside = tuple(k for i in work.items if (k := work.keys[i.id]) in work.answers.given and work.answers.given[k].aside)
    if aside:
        work.record(Restored(keys=aside))
    queue = deque(work.pending())
    number = _begin(work, now) if queue or work.answers.open_run else 0
    _tell(work, number, told)
    while queue:
        items, alone = queue.popleft()
        request = work.asking.request(items)
        asked = _intent(work, number, items, request, meter, alone=alone)
        if ceiling is not None and _passes(work, asked, meter, ceiling):
            work.record(Ended(run=number, why="ceiling"))
            return _outcome(work, number, "ceiling")
        work.record(asked)
        try:
            reply = ask(request)
        except ModelBrokeSchema as broke:
            work.record(Broken(call=asked.call, why=str(broke.args[0]), how="unreadable"))
        except (ModelUnavailable, ModelRejected, BudgetSpent) as failure:
            how: Literal["lost", "refused"] = "lost" if isinstance(failure, ModelUnavailable) else "refused"
            work.record(Broken(call=asked.call, why=str(failure.args[0]), how=how))
            return _outcome(work, number, "model", failure)
        else:
            work.record(Answered(call=asked.call, text=reply.text, usage=reply.usage, at=_stamp(now())))
            work.read(asked, items)
        if not alone:
            again = [i for i in items if work.keys[i.id] in work.answers.failed]
            queue.extendleft(((item,), True) for item in reversed(again))
        _tell(work, number, told)
    if number:
        work.record(Ended(run=number, why="done"))
    return _outcome(work, number, "done")


def _begin(work: Work, now: Callable[[], datetime]) -> int:
    asking, going_on = work.asking, work.answers.open_run
    if going_on is not None and (going_on.prompt, going_on.model) == (asking.prompt, asking.model):
        return going_on.run
    number = max(work.answers.runs, default=0) + 1
    begun = Begun(run=number, model=asking.model, prompt=asking.prompt, targets=asking.targets, at=_stamp(now()))
    work.record(begun)
    return number


def _intent(work: Work, run: int, items: Sequence[Item], request: ModelRequest, meter: Meter, *, alone: bool) -> Asked:
    return Asked(
        run=run,
        call=max(work.answers.calls, default=0) + 1,
        keys=tuple(work.keys[item.id] for item in items),
        alone=alone,
        tokens_in=work.asking.tokens_in(request, meter.count),
        most_out=request.longest or 0,
    )


def _passes(work: Work, asked: Asked, meter: Meter, ceiling: Ceiling) -> bool:
    spent = meter.spent(work.answers, asked.run, ceiling.unit)
    return spent + meter.worth(asked.tokens_in, asked.most_out, ceiling.unit) > ceiling.amount


def _tell(work: Work, run: int, told: Callable[[Told], None]) -> None:
    answered, failed = work.settled()
    usage = work.answers.spent.get(run, Usage())
    told(Told(done=answered + len(failed), total=len(work.items), failed=len(failed), usage=usage))


def _outcome(
    work: Work, run: int, why: Literal["done", "ceiling", "model"], error: TastemakerError | None = None
) -> Outcome:
    answered, failed = work.settled()
    return Outcome(
        why=why,
        run=run,
        total=len(work.items),
        answered=answered,
        failed=failed,
        usage=work.answers.spent.get(run, Usage()),
        lost=tuple(work.answers.lost(run)),
        error=error,
    )


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
