"""The schemas of the demo catalogues, for simulated people to talk about."""

from __future__ import annotations

from pathlib import Path

from ingest.demo import read_schema

DATA = Path(__file__).resolve().parents[2] / "data"
BOOKS = read_schema(DATA / "books" / "schema.yaml")
FILMS = read_schema(DATA / "films" / "schema.yaml")
