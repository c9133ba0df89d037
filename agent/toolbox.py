"""The toolbox: every tool by name, JSON in and JSON out, with schemas generated from its types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import Field, ValidationError

from agent.listen import Listener
from agent.plan_reading import reference
from agent.proposals import linked
from agent.recommend import Pipeline
from agent.reranking import Reranking, RerankInput
from agent.situation import Situation
from agent.tool_inputs import Wishes
from core.errors import BadInput
from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Recommend, Route
from core.preferences import Preference
from core.schema import Direction
from core.values import Value
from tools.elicitation.question import next_question
from tools.filtering.masks import off_the_table, permitted
from tools.filtering.relax import relax
from tools.lookup.facts import extremes


class SearchInput(Value):
    """A text search."""

    query: str
    count: int = Field(default=10, ge=1, le=100)


class TitleInput(Value):
    """A spoken title."""

    title: str
    year: int | None = None


class IdsInput(Value):
    """Items by id."""

    ids: tuple[str, ...]
    fields: tuple[str, ...] = ()


class CompareInput(IdsInput):
    """Items to set side by side; with a direction, the one that is most or least on the first field."""

    direction: Direction | None = None


class RecommendInput(Wishes):
    """What to recommend under."""

    count: int = Field(default=3, ge=1, le=10)
    diversity: float = Field(default=0.3, ge=0, le=1)
    query: str = ""


class RetrieveInput(Wishes):
    """One route, under hard preferences."""

    route: Route
    """dense and lexical start from `query`; similar, collaborative, sequential, kin and segment from `liked`; popular
    and recent from nothing; generative from `titles`."""
    query: str = ""
    titles: tuple[str, ...] = ()
    """What a model proposes, "Title (year)", best first."""
    count: int = Field(default=10, ge=1, le=200)


class SimilarInput(Value):
    """Items to be like."""

    ids: tuple[str, ...]
    count: int = Field(default=10, ge=1, le=100)


_STARTS: Mapping[Route, str] = {
    **dict.fromkeys(("dense", "lexical"), "Give it a query, and a catalogue with an index of texts."),
    "collaborative": "Give it liked items, and a catalogue with ratings.",
    "sequential": "Give it liked items, the latest last, and run `tastemaker fit` on the catalogue first.",
    **dict.fromkeys(("similar", "kin", "segment"), "Give it liked items."),
    **dict.fromkeys(("popular", "recent"), "The catalogue lacks the field."),
    "generative": "Give it titles that the catalogue has.",
}
"""What a route lacks that brings nothing."""


@dataclass(frozen=True)
class Tool:
    """One tool: a verb, what it takes, what it does."""

    name: str
    description: str
    takes: type[Value]
    run: Callable[[Any], dict[str, Any]]


class Toolbox:
    """The tools over one catalogue."""

    def __init__(self, listener: Listener, pipeline: Pipeline, reranking: Reranking | None = None) -> None:
        """`reranking`: None, a toolbox without a language model."""
        self.listener = listener
        self.pipeline = pipeline
        self.reranking = reranking or Reranking(pipeline)
        made = [
            Tool(
                "search", "Items whose text is closest to a query, by words and by meaning.", SearchInput, self.search
            ),
            Tool(
                "find_title",
                "Items a spoken title can mean; slips of the keyboard are forgiven.",
                TitleInput,
                self.find_title,
            ),
            Tool(
                "lookup",
                "Facts about items from the catalogue; a fact it does not have is null, one a model wrote is named.",
                IdsInput,
                self.lookup,
            ),
            Tool(
                "compare",
                "Items side by side on fields, or the most and least of one field.",
                CompareInput,
                self.compare,
            ),
            Tool(
                "similar", "Items like others, by content and by what people rate together.", SimilarInput, self.similar
            ),
            Tool(
                "retrieve",
                "What one route brings: by meaning, words, likeness, ratings, people and series, kind, fame or age.",
                RetrieveInput,
                self.retrieve,
            ),
            Tool("filter", "How many items satisfy hard preferences, and the first of them.", Wishes, self.filter),
            Tool(
                "relax",
                "When nothing is left: which preferences conflict and what each release frees.",
                Wishes,
                self.relax,
            ),
            Tool("question", "The next question worth asking, with choices and their counts.", Wishes, self.question),
            Tool(
                "recommend",
                "A short list under preferences, each item with its receipt.",
                RecommendInput,
                self.recommend,
            ),
            Tool(
                "rerank",
                "Candidates in the order of a language model, where that is worth it.",
                RerankInput,
                self.rerank,
            ),
        ]
        self.tools: Mapping[str, Tool] = {t.name: t for t in made}

    def names(self) -> list[str]:
        """Names of the tools."""
        return list(self.tools)

    def schema(self, name: str) -> dict[str, Any]:
        """Name, description and JSON schema of a tool's input."""
        tool = self._tool(name)
        return {"name": name, "description": tool.description, "input_schema": tool.takes.model_json_schema()}

    def run(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Run a tool; raises BadInput for an unknown tool or input that does not fit its schema."""
        tool = self._tool(name)
        try:
            asked = tool.takes.model_validate(dict(given))
        except ValidationError as wrong:
            first = wrong.errors()[0]
            place = ".".join(str(p) for p in first["loc"]) or "input"
            raise BadInput(
                f"{name}: {place}: {first['msg']}.", f"See `tastemaker tool --list` for what {name} takes."
            ) from None
        return tool.run(asked)

    def _tool(self, name: str) -> Tool:
        if name not in self.tools:
            raise BadInput(f"There is no tool {name!r}.", f"There are: {', '.join(self.tools)}.")
        return self.tools[name]

    # -- the tools -----------------------------------------------------------------------------------------------

    def search(self, asked: SearchInput) -> dict[str, Any]:
        """Text search."""
        found = self.pipeline.search(asked.query, asked.count)
        items = self.listener.linker.catalog.at(found.rows.tolist())
        return {
            "items": [
                {"id": i.id, "title": i.title, "score": round(c.score, 5), "sources": list(c.sources)}
                for i, c in zip(items, found, strict=True)
            ]
        }

    def find_title(self, asked: TitleInput) -> dict[str, Any]:
        """Title linking."""
        titles = self.listener.linker.titles
        matches = titles.find(asked.title, asked.year)
        settled = {m.row for m in titles.settle(matches)}
        items = self.listener.linker.catalog.at([m.row for m in matches])
        return {
            "matches": [
                {"id": i.id, "title": i.title, "score": round(m.score, 1), "meant": m.row in settled}
                for i, m in zip(items, matches, strict=True)
            ],
            "ambiguous": len(settled) > 1,
        }

    def lookup(self, asked: IdsInput) -> dict[str, Any]:
        """Facts."""
        fields = self._fields(asked.fields)
        return {
            "items": [
                {"id": i.id, "title": i.title, "fields": {f: i.fields.get(f) for f in fields or i.fields}}
                | _provenance(i, fields)
                for i in self._items(asked.ids)
            ]
        }

    def compare(self, asked: CompareInput) -> dict[str, Any]:
        """Comparison."""
        items = self._items(asked.ids)
        fields = self._fields(asked.fields) or [f.name for f in self.listener.schema.fields if f.type != "text"]
        table = {f: {i.id: i.fields.get(f) for i in items} for f in fields}
        winners = extremes(items, fields[0], asked.direction, self.listener.schema) if asked.direction else []
        return {"table": table, "winners": [i.id for i in winners]}

    def similar(self, asked: SimilarInput) -> dict[str, Any]:
        """Item to item."""
        items = self._items(asked.ids)
        found = self.pipeline.alike([i.id for i in items], asked.count)
        alike = self.listener.linker.catalog.at(found.rows.tolist())
        return {
            "items": [
                {"id": i.id, "title": i.title, "score": round(c.score, 5)} for i, c in zip(alike, found, strict=True)
            ]
        }

    def retrieve(self, asked: RetrieveInput) -> dict[str, Any]:
        """One route alone."""
        ledger = self._ledger(asked)
        mask = permitted(ledger, self.pipeline.catalog, self.pipeline.lexical)
        liked, disliked = ([self.pipeline.catalog.row_of(i) for i in ids] for ids in (ledger.liked, ledger.disliked))
        named = linked((r for t in asked.titles if (r := reference(t))), self.listener.linker)
        found = self.pipeline.routes.bring(
            asked.route, mask, text=asked.query, liked=liked, disliked=disliked, proposed=named.rows
        )
        if found is None:
            raise BadInput(f"The route {asked.route!r} has nothing to start from.", _STARTS[asked.route])
        found = found.top(asked.count)
        return {
            "items": [
                {"id": i.id, "title": i.title, "score": round(c.score, 5)}
                for i, c in zip(self.listener.linker.catalog.at(found.rows.tolist()), found, strict=True)
            ],
            **({"not_in_catalogue": list(named.absent)} if named.absent else {}),
        }

    def filter(self, asked: Wishes) -> dict[str, Any]:
        """Hard preferences as a filter."""
        ledger = self._ledger(asked)
        mask = permitted(ledger, self.pipeline.catalog, self.pipeline.lexical)
        items = self.listener.linker.catalog.at([int(r) for r in np.flatnonzero(mask)[:20]])
        return {"count": int(np.count_nonzero(mask)), "first": [{"id": i.id, "title": i.title} for i in items]}

    def relax(self, asked: Wishes) -> dict[str, Any]:
        """Conflicts and releases."""
        ledger = self._ledger(asked)
        blocked = off_the_table(ledger, self.listener.schema)
        certificate = relax(ledger.preferences, self.pipeline.catalog, blocked, self.pipeline.lexical)
        schema = self.listener.schema
        return {
            "conflicts": [[p.label(schema) for p in group] for group in certificate.conflicts],
            "releases": [{"without": [p.label(schema) for p in gone], "count": n} for gone, n in certificate.releases],
        }

    def question(self, asked: Wishes) -> dict[str, Any]:
        """Elicitation."""
        ledger = self._ledger(asked)
        mask = permitted(ledger, self.pipeline.catalog, self.pipeline.lexical)
        question = next_question(ledger, self.pipeline.catalog, mask)
        return {"question": question.model_dump(mode="json") if question else None}

    def recommend(self, asked: RecommendInput) -> dict[str, Any]:
        """The whole pipeline."""
        act = Recommend(count=asked.count, diversity=asked.diversity, query=asked.query)
        outcome, stages = self.pipeline.recommend(Situation(self._ledger(asked), surprise=True), act)
        return {
            "slate": [r.model_dump(mode="json") for r in getattr(outcome, "slate", ())],
            "outcome": outcome.kind,
            "trace": [s.model_dump(mode="json") for s in stages],
        }

    def rerank(self, asked: RerankInput) -> dict[str, Any]:
        """Reranking by a model."""
        self._items(asked.ids)
        return self.reranking.run(asked, self._ledger(asked))

    # -- reading the input ---------------------------------------------------------------------------------------

    def _ledger(self, asked: Wishes) -> Ledger:
        put: list[Preference] = []
        for wish in asked.wishes:
            linked = self.listener.linker.preference(wish, 0)
            if linked is None:
                raise BadInput(f"No field or value of this catalogue fits {wish.field!r} = {wish.value!r}.")
            put.append(linked)
        ledger = Ledger().apply(LedgerPatch(put=tuple(put))).ledger
        for ids in (asked.liked, asked.disliked, asked.seen):
            self._items(ids)
        return ledger.model_copy(update={"liked": asked.liked, "disliked": asked.disliked, "seen": asked.seen})

    def _items(self, ids: tuple[str, ...]) -> list[Any]:
        items = self.listener.linker.catalog.find(ids)
        missing = set(ids) - {i.id for i in items}
        if missing:
            raise BadInput(
                f"No item of this catalogue has the id {sorted(missing)[0]!r}.", "Use find_title to get ids."
            )
        return items

    def _fields(self, fields: tuple[str, ...]) -> list[str]:
        unknown = [f for f in fields if f not in self.listener.schema.by_name]
        if unknown:
            raise BadInput(
                f"There is no field {unknown[0]!r}.", f"There are: {', '.join(self.listener.schema.by_name)}."
            )
        return list(fields)


def _provenance(item: Item, fields: list[str]) -> dict[str, Any]:
    """Which of the fields shown a model wrote, and how; nothing where all are the catalogue's own."""
    by = {f: held.model_dump() for f, held in item.generated.items() if f in fields or not fields}
    return {"generated": by} if by else {}
