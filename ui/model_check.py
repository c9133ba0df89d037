"""Whether the language models of the settings can be reached and what they can do; nothing is printed of a key.

Reaching is one GET /models, which costs nothing. What a model can do takes a few tiny calls, made once and kept.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from core.errors import TastemakerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.models.probe import Probe
    from agent.settings import Settings
    from ui.checking import Finding, State

OPENAI = "https://api.openai.com/v1"
TIMEOUT_S = 5.0


def models(settings: Settings, *, afresh: bool = False) -> Iterator[Finding]:
    """Findings about the language model and the second one, if there is one; failures only when the settings insist.

    `afresh`: what they can do is asked again even when it is known.
    """
    yield from _one(settings, "language model", afresh=afresh)
    if settings.fallback_model and settings.resolved_controller == "model":
        from agent.models.compose import second_of

        yield from _one(second_of(settings), "second language model", afresh=afresh)


def _one(settings: Settings, what: str, *, afresh: bool) -> Iterator[Finding]:
    reached = _reached(settings).model_copy(update={"what": what})
    yield reached
    asked = bool(settings.api_key or settings.base_url) and (":" not in settings.model or bool(settings.base_url))
    if reached.state == "ok" and asked and settings.resolved_controller == "model":
        yield _abilities(settings, f"{what}: abilities", afresh=afresh)


def _abilities(settings: Settings, what: str, *, afresh: bool) -> Finding:
    from agent.models.probe import keep, kept, probe
    from ui.checking import Finding

    found = None if afresh else kept(settings)
    spent = ""
    if found is None:
        try:
            found = probe(settings)
        except TastemakerError as wrong:
            bad: State = "failure" if settings.controller == "model" else "warning"
            return Finding(what=what, state=bad, said=str(wrong.args[0]), mend=wrong.mend)
        keep(found, settings)
        usage = found.usage
        spent = f"; asking took {usage.calls} calls and {usage.tokens_in + usage.tokens_out} tokens, and is now kept"
        spent += "" if usage.cost is None else f" (cost {usage.cost:.6f})"
    chosen = found.mode if settings.structured == "auto" else settings.structured
    works = chosen is not None and found.modes.get(chosen) == "yes"
    said = f"{_told(found)}; {found.latency_ms:.0f} ms a call, as of {found.date}{spent}"
    if works:
        return Finding(what=what, state="ok", said=f"plans are asked for by {chosen}; {said}")
    mend = "Name another model, or run `tastemaker doctor --probe` if this passes." if chosen is None else ""
    mend = mend or f"Set TASTEMAKER_STRUCTURED={found.mode or 'auto'}."
    return Finding(
        what=what, state="warning", said=f"no plan in JSON comes back by {chosen or 'any way'}; {said}", mend=mend
    )


def _told(found: Probe) -> str:
    """What a model can do, in one line."""
    modes = ", ".join(f"{mode} {answer}" for mode, answer in found.modes.items())
    counted = "with" if found.counts_streamed else "without"
    streams = (
        f"streams, {counted} a count of tokens" if found.streams == "yes" else "does not stream (answers come whole)"
    )
    takes = "takes" if found.temperature else "refuses"
    tells = "tells" if found.logprobs else "tells no"
    return f"{modes}; {streams}; {takes} a temperature; {tells} log-probabilities"


def _reached(settings: Settings) -> Finding:
    from ui.checking import Finding

    bad: State = "failure" if settings.controller == "model" else "warning"
    if not (settings.api_key or settings.base_url):
        if settings.controller == "model" and ":" not in settings.model:
            return Finding(
                what="language model",
                state="failure",
                said="TASTEMAKER_CONTROLLER is model, but no key and no server is named",
                mend="Set OPENAI_API_KEY or OPENAI_BASE_URL, or use the rules.",
            )
        return Finding(what="language model", state="ok", said="none is configured; the built-in controller answers")
    if ":" in settings.model and not settings.base_url:
        return Finding(
            what="language model", state="ok", said=f"{settings.model} is configured (not asked whether it answers)"
        )
    base = (settings.base_url or OPENAI).rstrip("/")
    try:
        names = _names(base, settings.api_key.get_secret_value() if settings.api_key else "")
    except urllib.error.HTTPError as refused:
        if refused.code in {404, 405, 501} and settings.base_url:
            said = f"{base} answers, but does not tell which models it has"
            return Finding(what="language model", state="ok", said=said)
        said = f"{base} refuses: {refused.code} {refused.reason}"
        mend = "Check the key." if refused.code in {401, 403} else "Check the address; it should end in /v1."
        return Finding(what="language model", state=bad, said=said, mend=mend)
    except (OSError, ValueError) as silent:
        said = f"{base} does not answer ({getattr(silent, 'reason', silent)}); the built-in controller steps in"
        return Finding(what="language model", state=bad, said=said, mend="Start the server, or mend OPENAI_BASE_URL.")
    if names and settings.model not in names:
        said = f"{base} answers, but has no model {settings.model!r} (it has {', '.join(names[:5])})"
        return Finding(what="language model", state=bad, said=said, mend="Set TASTEMAKER_MODEL.")
    return Finding(what="language model", state="ok", said=f"{settings.model} at {base} answers")


def _names(base: str, key: str) -> list[str]:
    """Names of the models the server offers; raises OSError or ValueError when it cannot say."""
    if not base.startswith(("http://", "https://")):
        raise ValueError("not an http address")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{base}/models", headers=headers)  # noqa: S310 (checked above)
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        read: Any = json.loads(answer.read(1_000_000))
    listed = read.get("data", []) if isinstance(read, dict) else []
    return [str(m["id"]) for m in listed if isinstance(m, dict) and "id" in m]
