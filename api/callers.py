"""Who is calling: API keys, and the one caller of a server that only this machine can reach."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from agent.access import Access
from agent.build import Tastemaker
from agent.keys import ApiKey
from api.problems import Refused

SCHEME = "bearer"


@dataclass(frozen=True)
class Caller:
    """One caller, and what they can reach."""

    access: Access
    key: str = ""
    """Id of the key; empty where none is asked for."""
    metrics: bool = True

    @classmethod
    def of(cls, key: ApiKey, tastemaker: Tastemaker) -> Caller:
        """The caller a key stands for."""
        opened = None if key.catalogs is None else frozenset(key.catalogs)
        return cls(Access(tastemaker, key.owner, opened), key.id, key.metrics)


@dataclass(frozen=True)
class Door:
    """Lets callers in."""

    tastemaker: Tastemaker
    keyed: bool
    """Whether a key is asked for; else everybody who can connect is this installation's own people."""

    def open(self, authorization: str | None) -> Caller:
        """The caller of a request by its Authorization header; raises Refused. Reads the database."""
        if not self.keyed:
            return Caller(Access(self.tastemaker))
        scheme, _, text = (authorization or "").partition(" ")
        key = self.tastemaker.store.keys.check(text.strip()) if scheme.lower() == SCHEME else None
        if key is None:
            said = "This API key is not known, or not in use any more." if text else "An API key is needed."
            raise Refused(
                401, said, "Send it as: Authorization: Bearer tm_…", {"WWW-Authenticate": 'Bearer realm="tastemaker"'}
            )
        return Caller.of(key, self.tastemaker)


class Rates:
    """A token bucket for each caller, in this process."""

    MOST = 10_000
    """Buckets kept; those that are full are dropped first."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`per_minute`: requests of one caller; 0: no limit."""
        self._rate = per_minute / 60
        self._burst = max(20.0, per_minute / 10)
        self._clock = clock
        self._held: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, caller: str) -> None:
        """Count one request; raises Refused where the bucket is empty."""
        if not self._rate:
            return
        with self._lock:
            now = self._clock()
            tokens, then = self._held.get(caller, (self._burst, now))
            tokens = min(self._burst, tokens + (now - then) * self._rate)
            if len(self._held) >= self.MOST:
                self._tidy(now)
            self._held[caller] = (max(tokens - 1, 0.0) if tokens >= 1 else tokens, now)
        if tokens < 1:
            wait = math.ceil((1 - tokens) / self._rate)
            raise Refused(429, "Too many requests.", f"Try again in {wait} s.", {"Retry-After": str(wait)})

    def _tidy(self, now: float) -> None:
        full = [c for c, (tokens, then) in self._held.items() if tokens + (now - then) * self._rate >= self._burst]
        for caller in full or list(self._held)[: self.MOST // 2]:
            del self._held[caller]


async def caller_of(request: Request) -> Caller:
    """The caller of a request that was let in; async, so that no thread is called for it."""
    found: Caller = request.state.caller
    return found


Who = Annotated[Caller, Depends(caller_of)]
"""The caller, as routes ask for it."""
