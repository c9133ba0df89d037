"""Settings: everything an operator can choose, read from TASTEMAKER_* variables and the file .env."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import OperatorMustFix
from core.turn import ControllerName
from core.values import Value

PREFIX = "TASTEMAKER_"
CHECKOUT = Path(__file__).resolve().parent.parent


class Price(Value):
    """What a model costs, per million tokens, in any one currency."""

    tokens_in: float
    tokens_out: float
    tokens_cached: float | None = None
    """Price of prompt tokens the server had cached; that of `tokens_in` when left out."""


class Settings(BaseSettings):
    """The choices of one installation; every one has a working default that needs no key and no network."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=CHECKOUT / ".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
        protected_namespaces=(),
        use_attribute_docstrings=True,
    )

    home: Path = CHECKOUT / ".tastemaker"
    """Folder of catalogues, embeddings and conversations; made when it does not exist."""
    catalog: str = ""
    """Name of the catalogue opened when none is named; empty: the one that ships."""
    person: str = "me"
    """Whose long-term profile is used and filled; guest: nobody's, and nothing is kept beyond a conversation."""
    controller: ControllerName = "auto"
    """Who plans and writes: the built-in rules, a language model, a model where one is configured (auto), or an
    extension's controller by its name."""

    model: str = "gpt-4.1-mini"
    """Language model, as NAME for an OpenAI-compatible server or PROVIDER:NAME for any LangChain provider."""
    base_url: str | None = Field(
        default=None, repr=False, validation_alias=AliasChoices("TASTEMAKER_BASE_URL", "OPENAI_BASE_URL")
    )
    """Address of an OpenAI-compatible server, ending in /v1; empty: the provider's own."""
    api_key: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("TASTEMAKER_API_KEY", "OPENAI_API_KEY")
    )
    """Key for the model server; a server at base_url may need none."""
    structured: Literal["auto", "json_schema", "tools", "json_object", "text"] = "auto"
    """How the model is held to a JSON schema; auto: as `tastemaker doctor` found out, else json_schema, stepping down
    where a server refuses it."""
    plan_temperature: float | None = Field(default=None, ge=0, le=2)
    """Sampling temperature of the planning call; empty: the model's default (some models accept no other)."""
    say_temperature: float | None = Field(default=None, ge=0, le=2)
    """Sampling temperature of the writing call; empty: the model's default."""
    max_output_tokens: int | None = Field(default=None, ge=64)
    """Longest answer asked of a model, in tokens; empty: the model's own limit."""
    timeout_s: float = Field(default=20.0, gt=0)
    """Longest silence of the model server, in seconds, before a call counts as failed."""
    max_retries: int = Field(default=2, ge=0, le=10)
    """How often a failed model call is tried again, as long as the turn's time lasts."""
    turn_deadline_s: float = Field(default=45.0, gt=0)
    """Time for all model calls of one turn, in seconds; what is missing then comes from the built-in rules."""
    max_calls: int = Field(default=4, ge=0)
    """Most model calls in one turn."""
    max_turn_tokens: int | None = Field(default=None, ge=0)
    """Most tokens, in and out, of one turn; past it the built-in rules take over. Empty: no ceiling."""
    max_conversation_tokens: int | None = Field(default=None, ge=0)
    """Most tokens of one conversation."""
    max_day_tokens: int | None = Field(default=None, ge=0)
    """Most tokens of all conversations of one day (UTC)."""
    max_conversation_cost: float | None = Field(default=None, ge=0)
    """Most money for one conversation, in the currency of the prices."""
    max_day_cost: float | None = Field(default=None, ge=0)
    """Most money for one day (UTC)."""
    breaker_failures: int = Field(default=3, ge=0)
    """After so many failed calls in a row the model server is left alone for a while; 0: it is always asked."""
    breaker_pause_s: float = Field(default=30.0, gt=0)
    """How long it is left alone at first, in seconds; ten times as long where the key or the model was refused."""
    fallback_model: str = ""
    """A second language model, asked when the first cannot answer; written like TASTEMAKER_MODEL; empty: none."""
    fallback_base_url: str | None = Field(default=None, repr=False)
    """Address of the second model's server; empty: that of the first."""
    fallback_api_key: SecretStr | None = None
    """Key for the second model; empty: that of the first where both are at the same server, none elsewhere."""
    response_cache: int = Field(default=0, ge=0)
    """How many answers of the model are kept in the home folder, to give the same again to the very same question; 0:
    none."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Prices per million tokens as JSON: {"NAME": {"tokens_in": 0.4, "tokens_out": 1.6, "tokens_cached": 0.1}}."""
    history_turns: int = Field(default=3, ge=0, le=20)
    """How many past turns a prompt repeats, at most."""
    prompt_tokens: int = Field(default=1000, ge=200)
    """Tokens for what a prompt says of the conversation and the person; what does not fit is told in the trace."""

    tracing: Literal["off", "otlp", "console"] = "off"
    """Where OpenTelemetry spans of turns go: nowhere, to the collector that the OTEL_* variables name, or to stderr."""
    trace_content: bool = False
    """Whether spans hold what people and models wrote."""
    callbacks: str = ""
    """LangChain handlers told of every model call, by commas, as MODULE.CLASS: langfuse.langchain.CallbackHandler."""
    extensions: str = ""
    """Extensions of this program, by commas, as MODULE:NAME of something that Python can import (docs/extending.md)."""

    rerank: Literal["always", "gated", "spare"] = "gated"
    """Whether the model chooses among the best candidates: always; among as many as a calibrated gate lets through
    (gated; all of them without one); or not at all where it lets none through, in built-in words (spare)."""
    slate_size: int = Field(default=3, ge=1, le=10)
    """Items shown at once."""
    asking: Literal["expected_value", "never", "always_first", "random", "entropy"] = "expected_value"
    """When to ask: by expected value, or one of the baselines it is measured against."""
    without: str = ""
    """Parts switched off to measure what they contribute, by commas: asking, rejections, policies, relaxation,
    collaborative."""
    rankers: Path | None = None
    """Folder of fitted rankers to use in the place of the catalogue's own; experiments hold people out of them."""
    threads: int | None = Field(default=None, ge=1)
    """Threads of the embedding model and the tagger; empty: up to four."""
    embedder: str = "minilm"
    """What turns texts into vectors: minilm, st:MODEL_OR_PATH, hashing, hashing:DIM or none."""
    tagger: bool = True
    """Whether the built-in controller reads messages with its tagger (a trained update of the embedding model)."""
    vector_index: Literal["auto", "exact", "chroma"] = "auto"
    """Where nearest items are searched: exactly in memory, in Chroma, or whichever suits the size (auto)."""
    chroma_url: str | None = None
    """Address of a Chroma server; empty: Chroma's files in the home folder."""
    database_url: SecretStr | None = None
    """SQLAlchemy URL of the conversation store; empty: SQLite in the home folder; postgresql://… for a server."""

    serve_auth: Literal["auto", "keys", "off"] = "auto"
    """Whether `tastemaker serve` asks for API keys; auto: it does, unless it listens on this machine alone and no key
    was ever made."""
    serve_workers: int = Field(default=1, ge=1, le=64)
    """Server processes; more than one need a PostgreSQL and, for large catalogues, a Chroma server."""
    serve_rate: int = Field(default=600, ge=0)
    """Requests a minute of one key, in bursts of up to a tenth of that (at least 20); 0: no limit."""
    serve_body_kib: int = Field(default=256, ge=1)
    """Longest request body, in KiB."""
    serve_body_s: float = Field(default=10.0, gt=0)
    """Longest time a client may take to send the head of a request, and again to send its body, in seconds."""
    serve_turns: int | None = Field(default=None, ge=1)
    """Turns one process answers at once; further ones wait. Empty: 32 where a language model answers, which they wait
    for; 8 where none does."""
    serve_wait_s: float = Field(default=20.0, ge=0)
    """How long a message may wait for its turn to begin, in seconds, before it is refused."""
    serve_stop_s: float = Field(default=60.0, ge=0)
    """How long a server that is told to stop lets its callers wait for the turns under way, in seconds; turns that take
    longer are finished and stored all the same."""
    serve_origins: str = ""
    """Web origins whose pages may call, by commas, as https://shop.example; empty: none."""
    serve_hosts: str = ""
    """Names under which the server may be called, by commas; empty: any where keys are asked for, else this machine's
    own alone."""
    serve_log_content: bool = False
    """Whether log lines hold what people wrote."""

    @property
    def resolved_controller(self) -> ControllerName:
        """Who answers: "auto" means the model where a key or a server is named, the rules otherwise."""
        if self.controller != "auto":
            return self.controller
        return "model" if self.api_key or self.base_url else "rules"

    @property
    def store_url(self) -> str:
        """URL of the conversation store; may hold a password."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'conversations.db'}"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Values that may appear in no text."""
        held = (self.api_key, self.fallback_api_key, self.database_url)
        return tuple(s.get_secret_value() for s in held if s is not None and s.get_secret_value())


def load_settings(**choices: Any) -> Settings:  # noqa: ANN401 - any field of Settings
    """Settings from the environment, .env and `choices` (which win); OperatorMustFix names each bad variable."""
    try:
        return Settings(**{k: v for k, v in choices.items() if v is not None})
    except ValidationError as error:
        wrong = "; ".join(f"{_variable(e['loc'])}: {e['msg']}" for e in error.errors(include_input=False))
        raise OperatorMustFix(
            f"The settings cannot be read: {wrong}.", "Change the variable or the file .env; .env.example lists all."
        ) from None


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]) if location else "settings"
    return name if name.isupper() else f"{PREFIX}{name.upper()}"


def env_example() -> str:
    """The text of .env.example: every setting with its explanation and default, commented out."""
    head = (
        "# Copy to .env and uncomment what should differ. Real environment variables win over this file.\n"
        "# Made from agent/settings.py by `python -m agent.settings > .env.example`; a test keeps both in step.\n"
    )
    return head + "".join(_example(name, field) for name, field in Settings.model_fields.items())


def _example(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    also = [str(c) for c in alias.choices[1:]] if isinstance(alias, AliasChoices) else []
    note = f" ({also[0]} works too.)" if also else ""
    value = field.get_default(call_default_factory=True, validated_data={})
    if name == "home":
        value = ".tastemaker"
    shown = "" if value is None else "{}" if value == {} else value
    said = f"{field.description}{note}".replace("\n", "\n# ")
    return f"\n# {said}\n# {PREFIX}{name.upper()}={shown}\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(env_example())
