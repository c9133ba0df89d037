"""The toolbox: every tool by name, JSON in and JSON out, with schemas generated from its types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import ValidationError

from agent import tool_inputs as takes
from agent import tool_outputs as gives
from agent.listen import Listener
from agent.recommend import Pipeline
from agent.reranking import Reranking
from agent.tool_runs import ToolRuns
from core.errors import BadInput, OperatorMustFix
from core.values import Value


@dataclass(frozen=True)
class Tool:
    """One tool: a verb, what it takes, what it gives, what it does."""

    name: str
    description: str
    takes: type[Value]
    gives: type[Value]
    run: Callable[[Any], Value]
    """From an instance of `takes` to one of `gives`; raises BadInput for what the input asks and cannot be had."""
    calls_model: bool = False
    """Whether it asks a language model: it costs, and the same input need not give the same output."""
    read_only: bool = True
    """Whether it leaves everything as it is."""


class Toolbox:
    """Tools by name, in a fixed order."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        """Raises OperatorMustFix where two tools have one name."""
        held: dict[str, Tool] = {}
        for tool in tools:
            if tool.name in held:
                raise OperatorMustFix(
                    f"There are two tools called {tool.name!r}.", "Give the one that was added another name."
                )
            held[tool.name] = tool
        self.tools: Mapping[str, Tool] = held

    @classmethod
    def over(cls, listener: Listener, pipeline: Pipeline, reranking: Reranking | None = None) -> Self:
        """The built-in tools over one catalogue; without `reranking`, a toolbox without a language model."""
        return cls(built_in(ToolRuns(listener, pipeline, reranking or Reranking(pipeline))))

    def plus(self, tools: Iterable[Tool]) -> Toolbox:
        """The toolbox with more tools behind its own; raises OperatorMustFix for a name that is taken."""
        return Toolbox((*self.tools.values(), *tools))

    def names(self) -> list[str]:
        """Names of the tools."""
        return list(self.tools)

    def schema(self, name: str) -> dict[str, Any]:
        """Name, description, and JSON schemas of a tool's input and output; raises BadInput for an unknown tool."""
        tool = self._tool(name)
        return {
            "name": name,
            "description": tool.description,
            "input_schema": tool.takes.model_json_schema(),
            "output_schema": tool.gives.model_json_schema(mode="serialization"),
        }

    def call(self, name: str, given: Mapping[str, Any]) -> Value:
        """Run a tool; raises BadInput for an unknown tool or input that does not fit its schema.

        Raises OperatorMustFix where a tool of an extension gives something else than it says.
        """
        tool = self._tool(name)
        try:
            asked = tool.takes.model_validate(dict(given))
        except ValidationError as wrong:
            first = wrong.errors()[0]
            place = ".".join(str(p) for p in first["loc"]) or "input"
            raise BadInput(
                f"{name}: {place}: {first['msg']}.", f"See `tastemaker tool --list` for what {name} takes."
            ) from None
        told = tool.run(asked)
        if not isinstance(told, tool.gives):
            raise OperatorMustFix(
                f"The tool {name!r} gave {type(told).__name__}, not {tool.gives.__name__}.",
                "Mend the extension that adds it.",
            )
        return told

    def run(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The same as JSON that fits the tool's output schema."""
        return self.call(name, given).model_dump(mode="json")

    def _tool(self, name: str) -> Tool:
        if name not in self.tools:
            raise BadInput(f"There is no tool {name!r}.", f"There are: {', '.join(self.tools)}.")
        return self.tools[name]


def built_in(runs: ToolRuns) -> tuple[Tool, ...]:
    """The tools that come with the program."""
    return (
        Tool(
            "search",
            "Items whose text is closest to a query, by words and by meaning.",
            takes.SearchInput,
            gives.SearchOutput,
            runs.search,
        ),
        Tool(
            "find_title",
            "Items a spoken title can mean; slips of the keyboard are forgiven.",
            takes.TitleInput,
            gives.TitleOutput,
            runs.find_title,
        ),
        Tool(
            "lookup",
            "Facts about items from the catalogue; a fact it does not have is null, one a model wrote is named.",
            takes.LookupInput,
            gives.LookupOutput,
            runs.lookup,
        ),
        Tool(
            "compare",
            "Items side by side on fields, or the most and least of one field.",
            takes.CompareInput,
            gives.CompareOutput,
            runs.compare,
        ),
        Tool(
            "similar",
            "Items like others, by content and by what people rate together.",
            takes.SimilarInput,
            gives.SimilarOutput,
            runs.similar,
        ),
        Tool(
            "retrieve",
            "What one route brings: by meaning, words, likeness, ratings, people and series, kind, fame or age.",
            takes.RetrieveInput,
            gives.RetrieveOutput,
            runs.retrieve,
        ),
        Tool(
            "filter",
            "How many items satisfy hard preferences, and the first of them.",
            takes.Wishes,
            gives.FilterOutput,
            runs.filter,
        ),
        Tool(
            "relax",
            "When nothing is left: which preferences conflict and what each release frees.",
            takes.Wishes,
            gives.RelaxOutput,
            runs.relax,
        ),
        Tool(
            "question",
            "The next question worth asking, with choices and their counts.",
            takes.Wishes,
            gives.QuestionOutput,
            runs.question,
        ),
        Tool(
            "recommend",
            "A short list under preferences, each item with its receipt.",
            takes.RecommendInput,
            gives.RecommendOutput,
            runs.recommend,
        ),
        Tool(
            "rerank",
            "Candidates in the order of a language model, where that is worth it.",
            takes.RerankInput,
            gives.RerankOutput,
            runs.rerank,
            calls_model=True,
        ),
    )
