"""What the tools of one catalogue do, each by itself: typed input to typed output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agent.listen import Listener
from agent.plan_reading import reference
from agent.proposals import linked
from agent.recommend import Pipeline
from agent.reranking import Reranking
from agent.situation import Situation
from agent.tool_inputs import (
    CompareInput,
    LookupInput,
    RecommendInput,
    RerankInput,
    RetrieveInput,
    SearchInput,
    SimilarInput,
    TitleInput,
    Wishes,
)
from agent.tool_outputs import (
    CompareOutput,
    FilterOutput,
    FoundItem,
    ItemFacts,
    LetGo,
    LookupOutput,
    NamedItem,
    QuestionOutput,
    RecommendOutput,
    RelaxOutput,
    RerankOutput,
    RetrieveOutput,
    ScoredItem,
    SearchOutput,
    SimilarOutput,
    TitleMatch,
    TitleOutput,
)
from agent.wishing import preference_of
from core.errors import BadInput
from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Recommend, Route
from core.preferences import Preference
from core.schema import CatalogSchema
from tools.candidates import Candidates
from tools.catalog.columns import Mask
from tools.elicitation.question import next_question
from tools.lookup.facts import extremes

FIRST = 20
"""Items that filter names."""
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
class ToolRuns:
    """The built-in tools over one catalogue; each raises BadInput for ids, fields and values it does not have."""

    listener: Listener
    pipeline: Pipeline
    reranking: Reranking

    @property
    def schema(self) -> CatalogSchema:
        """The catalogue's schema."""
        return self.listener.schema

    def search(self, asked: SearchInput) -> SearchOutput:
        """Text search."""
        found = self.pipeline.search(asked.query, asked.count)
        items = zip(self._at(found.rows.tolist()), found, strict=True)
        return SearchOutput(
            items=tuple(FoundItem(id=i.id, title=i.title, score=round(c.score, 5), sources=c.sources) for i, c in items)
        )

    def find_title(self, asked: TitleInput) -> TitleOutput:
        """Title linking."""
        titles = self.listener.linker.titles
        matches = titles.find(asked.title, asked.year)
        settled = {m.row for m in titles.settle(matches)}
        items = zip(self._at([m.row for m in matches]), matches, strict=True)
        return TitleOutput(
            matches=tuple(
                TitleMatch(id=i.id, title=i.title, score=round(m.score, 1), meant=m.row in settled) for i, m in items
            ),
            ambiguous=len(settled) > 1,
        )

    def lookup(self, asked: LookupInput) -> LookupOutput:
        """Facts."""
        fields = self._fields(asked.fields)
        return LookupOutput(items=tuple(_facts(item, fields or item.fields) for item in self._items(asked.ids)))

    def compare(self, asked: CompareInput) -> CompareOutput:
        """Comparison."""
        items = self._items(asked.ids)
        fields = self._fields(asked.fields) or [f.name for f in self.schema.fields if f.type != "text"]
        winners = extremes(items, fields[0], asked.direction, self.schema) if asked.direction else []
        return CompareOutput(
            table={f: {i.id: i.fields.get(f) for i in items} for f in fields}, winners=tuple(i.id for i in winners)
        )

    def similar(self, asked: SimilarInput) -> SimilarOutput:
        """Item to item."""
        ids = [i.id for i in self._items(asked.ids)]
        return SimilarOutput(items=self._scored(self.pipeline.alike(ids, asked.count)))

    def retrieve(self, asked: RetrieveInput) -> RetrieveOutput:
        """One route alone."""
        ledger = self._ledger(asked)
        liked, disliked = ([self.pipeline.catalog.row_of(i) for i in ids] for ids in (ledger.liked, ledger.disliked))
        named = linked((r for t in asked.titles if (r := reference(t))), self.listener.linker)
        found = self.pipeline.routes.bring(
            asked.route, self._left(ledger), text=asked.query, liked=liked, disliked=disliked, proposed=named.rows
        )
        if found is None:
            raise BadInput(f"The route {asked.route!r} has nothing to start from.", _STARTS[asked.route])
        return RetrieveOutput(items=self._scored(found.top(asked.count)), not_in_catalogue=named.absent)

    def filter(self, asked: Wishes) -> FilterOutput:
        """Hard preferences as a filter."""
        mask = self._left(self._ledger(asked))
        first = self._at(np.flatnonzero(mask)[:FIRST].tolist())
        return FilterOutput(
            count=int(np.count_nonzero(mask)), first=tuple(NamedItem(id=i.id, title=i.title) for i in first)
        )

    def relax(self, asked: Wishes) -> RelaxOutput:
        """Conflicts and releases."""
        certificate = self.pipeline.certificate(Situation(self._ledger(asked)))
        return RelaxOutput(
            conflicts=tuple(self._in_words(group) for group in certificate.conflicts),
            releases=tuple(LetGo(without=self._in_words(gone), count=n) for gone, n in certificate.releases),
        )

    def question(self, asked: Wishes) -> QuestionOutput:
        """Elicitation."""
        ledger = self._ledger(asked)
        return QuestionOutput(question=next_question(ledger, self.pipeline.catalog, self._left(ledger)))

    def recommend(self, asked: RecommendInput) -> RecommendOutput:
        """The whole pipeline."""
        act = Recommend(count=asked.count, diversity=asked.diversity, query=asked.query)
        outcome, stages = self.pipeline.recommend(Situation(self._ledger(asked), surprise=True), act)
        return RecommendOutput(slate=getattr(outcome, "slate", ()), outcome=outcome.kind, trace=tuple(stages))

    def rerank(self, asked: RerankInput) -> RerankOutput:
        """Reranking by a model; raises OperatorMustFix where none is configured."""
        self._items(asked.ids)
        return self.reranking.run(asked, self._ledger(asked))

    def _ledger(self, asked: Wishes) -> Ledger:
        """What was asked as a ledger, its wishes linked to the catalogue."""
        put = tuple(preference_of(wish, self.listener.linker) for wish in asked.wishes)
        ledger = Ledger().apply(LedgerPatch(put=put)).ledger
        for ids in (asked.liked, asked.disliked, asked.seen):
            self._items(ids)
        return ledger.model_copy(update={"liked": asked.liked, "disliked": asked.disliked, "seen": asked.seen})

    def _left(self, ledger: Ledger) -> Mask:
        """(rows,) what hard preferences and the house leave."""
        return self.pipeline.left(Situation(ledger))

    def _at(self, rows: Sequence[int]) -> list[Item]:
        return self.listener.linker.catalog.at(rows)

    def _scored(self, found: Candidates) -> tuple[ScoredItem, ...]:
        items = zip(self._at(found.rows.tolist()), found, strict=True)
        return tuple(ScoredItem(id=i.id, title=i.title, score=round(c.score, 5)) for i, c in items)

    def _in_words(self, preferences: Sequence[Preference]) -> tuple[str, ...]:
        return tuple(p.label(self.schema) for p in preferences)

    def _items(self, ids: tuple[str, ...]) -> list[Item]:
        items = self.listener.linker.catalog.find(ids)
        missing = set(ids) - {i.id for i in items}
        if missing:
            raise BadInput(
                f"No item of this catalogue has the id {sorted(missing)[0]!r}.", "Use find_title to get ids."
            )
        return items

    def _fields(self, fields: tuple[str, ...]) -> list[str]:
        unknown = [f for f in fields if f not in self.schema.by_name]
        if unknown:
            raise BadInput(f"There is no field {unknown[0]!r}.", f"There are: {', '.join(self.schema.by_name)}.")
        return list(fields)


def _facts(item: Item, fields: Sequence[str] | Mapping[str, object]) -> ItemFacts:
    """An item's values on these fields, and which of them a model wrote."""
    return ItemFacts(
        id=item.id,
        title=item.title,
        fields={f: item.fields.get(f) for f in fields},
        generated={f: held for f, held in item.generated.items() if f in fields},
    )
