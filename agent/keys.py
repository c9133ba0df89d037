"""API keys: who may call over the network, and for which catalogues. Only a digest of each is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from agent.database import api_keys
from core.errors import BadInput
from core.values import Value

Transaction = Callable[..., AbstractContextManager[sa.Connection]]
_OWNER = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?")
_KEY = re.compile(r"tm_([0-9a-f]{16})_([0-9A-Za-z_-]{43})")


class ApiKey(Value):
    """What is known of a key; the key itself is shown once, when it is made."""

    id: str
    """Stands in the key and in logs; opens nothing by itself."""
    owner: str
    """Whose conversations and profiles it reaches; several keys may share an owner, to be changed one by one."""
    catalogs: tuple[str, ...] | None = None
    """Names of the catalogues it opens; None: all of them."""
    metrics: bool = False
    """Whether it may read the metrics."""
    created_at: float = Field(default=0.0, description="Seconds since 1970.")
    expires_at: float | None = None
    revoked_at: float | None = None


class ApiKeys:
    """The keys of a store. A key is 256 random bits, so that a plain digest of it cannot be turned back."""

    def __init__(self, transaction: Transaction, clock: Callable[[], float]) -> None:
        self._transaction = transaction
        self._clock = clock

    def add(
        self,
        owner: str,
        catalogs: Sequence[str] | None = None,
        *,
        metrics: bool = False,
        days: float | None = None,
    ) -> tuple[ApiKey, str]:
        """A new key: what is kept of it, and its text, which cannot be had again. Raises BadInput for a bad name."""
        if not _OWNER.fullmatch(owner):
            raise BadInput(
                f"{owner[:40]!r} cannot be the name of an owner.",
                "Use up to 20 small letters, digits and hyphens, such as shop-front.",
            )
        key_id, secret, now = secrets.token_hex(8), secrets.token_urlsafe(32), self._clock()
        held = ApiKey(
            id=key_id,
            owner=owner,
            catalogs=None if catalogs is None else tuple(catalogs),
            metrics=metrics,
            created_at=now,
            expires_at=None if days is None else now + 86_400 * days,
        )
        row = held.model_dump() | {
            "catalogs": None if held.catalogs is None else json.dumps(held.catalogs),
            "digest": _digest(secret),
        }
        with self._transaction(write=True) as connection:
            connection.execute(api_keys.insert().values(**row))
        return held, f"tm_{key_id}_{secret}"

    def check(self, text: str) -> ApiKey | None:
        """The key of this text when it is known and in use, else None; a wrong secret takes as long."""
        match = _KEY.fullmatch(text)
        row = self._row(match[1]) if match else None
        right = hmac.compare_digest(_digest(match[2] if match else text), row.digest if row else "0" * 64)
        if row is None or not right or row.revoked_at is not None:
            return None
        if row.expires_at is not None and row.expires_at <= self._clock():
            return None
        return _held(row)

    def all(self) -> list[ApiKey]:
        """Every key, the newest first."""
        with self._transaction() as connection:
            rows = connection.execute(api_keys.select().order_by(api_keys.c.created_at.desc(), api_keys.c.id)).all()
        return [_held(row) for row in rows]

    def revoke(self, key_id: str) -> ApiKey:
        """Close a key for good; raises BadInput for an unknown one."""
        with self._transaction(write=True) as connection:
            mine = api_keys.c.id == key_id
            still = api_keys.update().where(mine & api_keys.c.revoked_at.is_(None))
            connection.execute(still.values(revoked_at=self._clock()))
            row = connection.execute(api_keys.select().where(mine)).first()
        if row is None:
            raise BadInput(f"There is no key {key_id[:40]!r}.", "`tastemaker keys list` shows the ids.")
        return _held(row)

    def _row(self, key_id: str) -> Any:  # noqa: ANN401 - a row of `api_keys`, or None
        with self._transaction() as connection:
            return connection.execute(api_keys.select().where(api_keys.c.id == key_id)).first()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _held(row: Any) -> ApiKey:  # noqa: ANN401 - a row of `api_keys`
    return ApiKey(
        id=row.id,
        owner=row.owner,
        catalogs=None if row.catalogs is None else tuple(json.loads(row.catalogs)),
        metrics=row.metrics,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
