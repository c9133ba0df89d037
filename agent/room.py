"""The parts that serve one catalogue, each opened when it is first needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.act import Actor
from agent.asking import Conduct
from agent.choosing import Narrowing
from agent.extensions import Extensions
from agent.listen import Listener
from agent.looks import Looker
from agent.models.protocol import ChatModel
from agent.plan.planner import RulePlanner, fame_of
from agent.recommend import CARDS, Pipeline
from agent.reranking import Reranking
from agent.say import TemplateWriter
from agent.settings import Settings
from agent.toolbox import Toolbox
from agent.turn import Agent, Planner
from agent.twin import LanguageTwin
from core.errors import IndexMismatch, OperatorMustFix
from core.protocols import VectorIndex
from tools.catalog.columns import NumberColumn
from tools.catalog.store import StoredCatalog, open_catalog
from tools.embedding import build_embedder
from tools.linking.lexicon import build_lexicon
from tools.linking.linker import Linker
from tools.linking.titles import build_titles
from tools.policy.own import OwnRules
from tools.ranking.fitted import Opened, read_fitted
from tools.ranking.item_knn import ItemKNN
from tools.ranking.ranker import Scorer
from tools.ranking.taste import Evidence, Taste
from tools.recent import Recent
from tools.reranking.gate import GATE, Gate
from tools.retrieval.lexical import LexicalRoute
from tools.retrieval.vector_index import choose_index
from tools.tagging.tagger import Tagger

NO_EXTENSIONS = Extensions()


class Room:
    """The parts that serve one catalogue."""

    def __init__(
        self,
        settings: Settings,
        name: str,
        this_year: Callable[[], int],
        model: Callable[[], ChatModel | None],
        extensions: Extensions = NO_EXTENSIONS,
    ) -> None:
        """`model`: the language model, where one is configured; looked for when it is needed.

        Raises UnknownCatalog, and OperatorMustFix where a rule of the catalogue's house is not implemented.
        """
        self.settings = settings
        self.this_year = this_year
        self.model = model
        self.extensions = extensions
        self.catalog = open_catalog(settings.home, name)
        self.rules = OwnRules.of(self.catalog.schema, extensions.policies)
        self._planners: dict[str, Planner] = {}

    @cached_property
    def linker(self) -> Linker:
        """Spoken words to items and values."""
        catalog = self.catalog
        release = catalog.schema.role("release")
        column = catalog.columns.get(release.name) if release else None
        years = column.data if isinstance(column, NumberColumn) else None
        titles = build_titles(catalog.titles(), years, fame_of(catalog.schema, catalog.columns))
        return Linker(catalog, catalog.columns, build_lexicon(catalog.schema, catalog.columns), titles)

    @cached_property
    def lexical(self) -> LexicalRoute:
        """The word index."""
        return LexicalRoute(self.catalog.lexical_path, len(self.catalog))

    @cached_property
    def planner(self) -> RulePlanner:
        """The rule planner."""
        linker = self.linker
        settings = self.settings
        tagger = Tagger(settings.home / "models", settings.threads) if settings.tagger else None
        return RulePlanner(
            self.catalog.schema,
            linker.columns,
            linker.lexicon,
            linker.titles,
            self.lexical.knows,
            self.this_year,
            tagger,
        )

    @cached_property
    def embed(self) -> QueryEmbedder | None:
        """Texts to vectors, as the catalogue's were made; None where it has none."""
        embed = QueryEmbedder(self.settings.embedder, self.settings.home, self.catalog, self.settings.threads)
        return embed if embed.ready else None

    @cached_property
    def twin(self) -> LanguageTwin:
        """The model's side of a turn."""
        settings = self.settings
        return LanguageTwin.of(
            self.linker, history=settings.history_turns, budget=settings.prompt_tokens, embed=self.embed
        )

    @cached_property
    def pipeline(self) -> Pipeline:
        """The recommendation pipeline."""
        fitted, own = self._fitted(), self._own_ranker()
        return Pipeline(
            self.catalog,
            self.lexical,
            self.embed,
            self._collaborative(fitted) if own is None else own,
            self._index(),
            fitted.sequential if fitted is not None else None,
            self._taste(fitted) if own is None else None,  # it was learnt with the ranker that is replaced
            conduct=conduct_of(self.settings),
            own=self.rules,
            collaborative_as="collaborative" if own is None else own.name,
        )

    def _own_ranker(self) -> Scorer | None:
        """An extension's ranker; raises OperatorMustFix where it would have seen people who are to be left out."""
        own = None if "collaborative" in parts_left_out(self.settings) else self.extensions.ranker(self.catalog)
        if own is not None and self.settings.rankers is not None:
            raise OperatorMustFix(
                f"The ranker {own.name!r} of an extension knows the people whom the rankers in {self.settings.rankers} "
                "leave out.",
                "Leave the extension out of the experiment, or TASTEMAKER_RANKERS.",
            )
        return own

    def _fitted(self) -> Opened | None:
        """What `tastemaker fit` left for this catalogue; None where it left nothing, or ratings are to be left out."""
        if "collaborative" in parts_left_out(self.settings):
            return None
        return read_fitted(self.settings.rankers or self.catalog.rankers_path)

    def _collaborative(self, fitted: Opened | None) -> Scorer | None:
        """What people's ratings say: what was fitted for this, else the ranker that importing leaves."""
        if fitted is not None:
            return fitted.scorer
        folder = (self.settings.rankers or self.catalog.rankers_path) / "item-knn"
        left_out = "collaborative" in parts_left_out(self.settings)
        return ItemKNN.load(folder) if folder.exists() and not left_out else None

    def _taste(self, fitted: Opened | None) -> Taste | None:
        """Taste as it was learnt with the ranker."""
        if fitted is None or fitted.taste is None:
            return None
        weights, likers = fitted.taste
        return Taste(Evidence.of(self.catalog, fitted.scorer, likers), weights)

    def _index(self) -> VectorIndex | None:
        vectors, settings = self.catalog.vectors, self.settings
        if vectors is None:
            return None
        url = settings.chroma_url or ""
        return choose_index(vectors, settings.home, self.catalog.name, self.catalog.version, settings.vector_index, url)

    @cached_property
    def toolbox(self) -> Toolbox:
        """The tools, callable one by one."""
        built_in = Toolbox.over(Listener(self.linker), self.pipeline, self.reranking)
        return built_in.plus(self.extensions.tools(self))

    @cached_property
    def reranking(self) -> Reranking:
        """Reranking by the model there is, behind the gate calibrated for this catalogue."""
        return Reranking(self.pipeline, self.model, self.gate, self.settings.turn_deadline_s)

    @cached_property
    def gate(self) -> Gate:
        """What was calibrated for this catalogue; one that lets everything through where nothing was."""
        file = (self.settings.rankers or self.catalog.rankers_path) / GATE
        return Gate.load(file) if file.exists() else Gate()

    def agent(self, *, with_model: bool, in_pieces: bool = True, controller: str = "rules") -> Agent:
        """The agent, with or without the model's side, and streaming word by word or not.

        `controller`: whose plans are followed where no model plans, the rules' or an extension's.
        """
        listener, count = Listener(self.linker), self.settings.slate_size
        narrowing = Narrowing(self.pipeline, self.gate, self.settings.rerank) if with_model else None
        return Agent(
            planner=self._planner_of(controller),
            listener=listener,
            actor=Actor(listener, self.pipeline, count, CARDS if with_model else 0, narrowing),
            writer=TemplateWriter(self.catalog.schema),
            model=self.twin if with_model else None,
            looker=Looker(listener, self.pipeline) if with_model else None,
            clock=time.perf_counter,
            in_pieces=in_pieces,
            controller=controller,
        )

    def _planner_of(self, controller: str) -> Planner:
        if controller == "rules":
            return self.planner
        if controller not in self._planners:
            self._planners[controller] = self.extensions.planner(controller, self)
        return self._planners[controller]


REMEMBERED = 256
"""Query texts whose vectors are kept."""
PARTS = frozenset({"asking", "rejections", "policies", "relaxation", "collaborative"})


def parts_left_out(settings: Settings) -> frozenset[str]:
    """What is switched off; raises OperatorMustFix for a part that does not exist."""
    without = frozenset(part.strip() for part in settings.without.split(",") if part.strip())
    if without - PARTS:
        raise OperatorMustFix(
            f"TASTEMAKER_WITHOUT names parts that do not exist: {', '.join(sorted(without - PARTS))}.",
            f"There are: {', '.join(sorted(PARTS))}.",
        )
    return without


def conduct_of(settings: Settings) -> Conduct:
    """How the dialogue is led under these settings."""
    without = parts_left_out(settings)
    return Conduct(
        asking="never" if "asking" in without else settings.asking,
        learning="rejections" not in without,
        policies="policies" not in without,
        relaxing="relaxation" not in without,
    )


class QueryEmbedder:
    """Embeds query texts with the embedder the catalogue's vectors were made with; the last few are remembered."""

    def __init__(self, spec: str, home: Path, catalog: StoredCatalog, threads: int | None = None) -> None:
        key = catalog.embedder_key
        self.embedder = None
        if key is not None:
            spec = f"hashing:{catalog.manifest['dim']}" if key.startswith("hashing") else spec
            self.embedder = build_embedder(spec, home, threads)
        if self.embedder is not None and self.embedder.key != key:
            raise IndexMismatch(
                f"The vectors of {catalog.name!r} were made by {key}, the settings ask for {self.embedder.key}.",
                f"Run `tastemaker catalog check {catalog.name} --mend`, or set TASTEMAKER_EMBEDDER back.",
            )
        self.ready = self.embedder is not None
        self._recent = Recent[str, NDArray[np.float32]](REMEMBERED)

    def __call__(self, text: str) -> NDArray[np.float32]:
        """(dim,) unit vector."""
        embedder = self.embedder
        assert embedder is not None
        return self._recent.get(text, lambda: embedder.embed([text])[0])
