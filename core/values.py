"""The base of every shared value: frozen, strict about unknown keys, comparable, JSON in and out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

Scalar = str | float | int | bool


class Value(BaseModel):
    """An immutable record; two values with equal fields are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
