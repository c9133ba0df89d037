"""What a provider's failure means for us: try again, give up, or step down to a simpler way of asking."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.errors import (
    BudgetSpent,
    ModelBrokeSchema,
    ModelRejected,
    ModelSetupRefused,
    ModelUnavailable,
    TastemakerError,
)

RETRYABLE = frozenset({408, 409, 425, 429})
CHECK_SETUP = "Check TASTEMAKER_MODEL and TASTEMAKER_BASE_URL."
_KEYLIKE = re.compile(r"(?:\b(?:sk|pk|rk|gsk|xai|key)-[\w*-]{4,}|(?i:bearer)\s+\S+|(?<=://)[^/\s@]+@)")
_QUOTA = ("insufficient_quota", "billing_hard_limit", "exceeded your current quota")


def scrub(text: str, secrets: Iterable[str] = ()) -> str:
    """The first 200 characters of `text` on one line, without `secrets`, what looks like a key, or a server's stack."""
    text = text.partition("Traceback (most recent call last)")[0]
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    return " ".join(_KEYLIKE.sub("[secret]", text).split())[:200]


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error, or None."""
    held = getattr(error, "status_code", None)
    if held is None:
        held = getattr(getattr(error, "response", None), "status_code", None)
    return held if isinstance(held, int) else None


def retry_after(error: BaseException) -> float | None:
    """Seconds the server asks us to wait, or None."""
    headers = getattr(getattr(error, "response", None), "headers", None)
    told = headers.get("retry-after") if headers is not None else None
    try:
        return float(told) if told is not None else None
    except ValueError:
        return None


def refused_parameter(error: BaseException) -> str | None:
    """What a 400 or 422 blames when we can leave it out: "temperature", "logprobs", "schema"; else None."""
    if status_of(error) not in {400, 404, 422, 501}:
        return None
    text = str(error).lower()
    if "context" in text and "length" in text:
        return None
    if "temperature" in text:
        return "temperature"
    if "logprobs" in text:
        return "logprobs"
    words = ("response_format", "json_schema", "json schema", "schema", "structured", "strict", "tool", "json_object")
    return "schema" if any(w in text for w in words) else None


def meaning(error: BaseException, secrets: Iterable[str] = ()) -> TastemakerError:
    """Our error for a provider's; one of ours that a client has wrapped comes out again."""
    if isinstance(error.__cause__, TastemakerError):
        return error.__cause__
    names = {kind.__name__ for kind in type(error).__mro__}
    status, said = status_of(error), scrub(str(error), secrets)
    if any(sign in f"{error} {getattr(error, 'code', '')}" for sign in _QUOTA):
        return BudgetSpent("The model server's quota is used up.", "Add credit, or set TASTEMAKER_CONTROLLER=rules.")
    if names & {"LengthFinishReasonError", "OutputParserException"}:
        return ModelBrokeSchema(f"The model's answer was cut or unreadable: {said}")
    if status is not None and status not in RETRYABLE and status < 500:
        return _refusal(status, said)
    return _absence(names, status, said)


def _refusal(status: int, said: str) -> ModelRejected:
    if status < 400:
        return ModelSetupRefused(
            f"The model server points to another address ({status}).", "Set TASTEMAKER_BASE_URL to that address."
        )
    if status in {401, 403}:
        return ModelSetupRefused(f"The model server refused the key ({status}).", "Check TASTEMAKER_API_KEY.")
    kind = ModelSetupRefused if status in {404, 405} else ModelRejected
    return kind(f"The model server refused the call ({status}): {said}", CHECK_SETUP)


def _absence(names: set[str], status: int | None, said: str) -> TastemakerError:
    if names & {"APITimeoutError", "ModelTimeoutError", "TimeoutException"}:
        return ModelUnavailable("The model server took too long.")
    if status is not None:
        return ModelUnavailable(f"The model server answered {status}: {said}")
    if names & {"ContentFilterFinishReasonError", "OpenAIRefusalError"}:
        return ModelRejected("The model refused to answer.")
    if names & {"APIConnectionError", "ModelConnectionError", "TransportError", "OSError"}:
        return ModelUnavailable("The model server cannot be reached.", "Check TASTEMAKER_BASE_URL.")
    return ModelUnavailable(f"The model call failed: {said or 'no reason given'}")
