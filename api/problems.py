"""Errors as clients of HTTP get them: problem+json (RFC 9457), and OpenAI's shape where OpenAI's clients ask."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import (
    ConversationMoved,
    ModelMustRetry,
    OperatorMustFix,
    TastemakerError,
    UnknownCatalog,
    UnknownConversation,
    UserMustFix,
)
from core.values import Value

PROBLEM_JSON = "application/problem+json"
OPENAI_PATHS = ("/v1/chat/", "/v1/models")
STATUS: tuple[tuple[type[TastemakerError], int], ...] = (
    (UnknownCatalog, 404),
    (UnknownConversation, 404),
    (ConversationMoved, 409),
    (UserMustFix, 422),
    (OperatorMustFix, 503),
    (ModelMustRetry, 503),
)
"""The first that fits; any other error raised on purpose is 500."""


class Problem(Value):
    """What went wrong, for programs (`type`, `status`) and for people (`detail`, `mend`)."""

    type: str
    """The kind of error: `about:blank` for what HTTP itself says, else `urn:tastemaker:` and a name."""
    title: str
    """The status in words."""
    status: int = Field(ge=400, le=599)
    detail: str
    """What was wrong with this request."""
    mend: str = ""
    """What to do next; may be empty."""
    request_id: str = ""
    """Stands in the log too."""


class Refused(HTTPException):
    """An answer of HTTP itself: no key, too many requests, too long a body."""

    def __init__(self, status: int, detail: str, mend: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(status, detail, headers or {})
        self.mend = mend


class OpenAIError(Value):
    """An error in OpenAI's shape."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class OpenAIErrors(Value):
    """The body of such an answer."""

    error: OpenAIError


def status_of(error: TastemakerError) -> int:
    """The status that says who must act."""
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def problem_of(error: TastemakerError | Refused, request_id: str = "") -> Problem:
    """The problem that an error raised on purpose is."""
    if isinstance(error, Refused):
        return _problem("about:blank", error.status_code, error.detail, error.mend, request_id)
    kind = f"urn:tastemaker:{_kebab(type(error).__name__)}"
    return _problem(kind, status_of(error), str(error.args[0]), error.mend, request_id)


def answer(request: Request, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The response that tells a problem, in the shape this path's clients read."""
    if request.url.path.startswith(OPENAI_PATHS):
        return JSONResponse(for_openai(problem).model_dump(), problem.status, headers)
    return JSONResponse(problem.model_dump(), problem.status, headers, PROBLEM_JSON)


def tell(request: Request, error: TastemakerError | Refused) -> Response:
    """The response to an error raised on purpose."""
    problem = problem_of(error, request_id(request.scope))
    headers = dict(error.headers or {}) if isinstance(error, Refused) else {}
    if problem.status == 503:
        headers.setdefault("Retry-After", "5")
    return answer(request, problem, headers)


def request_id(scope: Any) -> str:  # noqa: ANN401 - an ASGI scope
    """The id of a request, as the log has it."""
    return str(scope.get("state", {}).get("request_id", ""))


def invalid(request: Request, errors: list[dict[str, Any]]) -> Response:
    """The response to input that does not fit its schema; broken JSON is 400, the rest 422."""
    first: dict[str, Any] = errors[0] if errors else {"loc": (), "msg": "it cannot be read"}
    status, mend = 422, "GET /openapi.json says what this takes."
    said = str(first["msg"]).rstrip(".")
    detail = f"{'.'.join(str(step) for step in first['loc'] if step != 'body') or 'body'}: {said}."
    if first.get("type") == "json_invalid":
        context: dict[str, Any] = first.get("ctx", {})
        status, detail, mend = 400, f"The body is not JSON: {context.get('error', said)}.", "Send a JSON object."
    elif tuple(first["loc"]) == ("body",) and "json" not in request.headers.get("content-type", ""):
        mend = "Send a JSON object, with Content-Type: application/json."
    return answer(request, _problem("urn:tastemaker:bad-input", status, detail, mend, request_id(request.scope)))


def unexpected(request: Request) -> Response:
    """The response to a fault of our own; what it was stands in the log alone."""
    detail = "Something went wrong that should not have."
    mend = "The log names this request by its id; please report it."
    return answer(request, _problem("about:blank", 500, detail, mend, request_id(request.scope)))


def http(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The response of the framework itself: no such path, wrong method."""
    where = "GET /openapi.json lists what there is." if status in {404, 405} else ""
    return answer(request, _problem("about:blank", status, detail, where, request_id(request.scope)), headers)


def _problem(kind: str, status: int, detail: str, mend: str, request: str) -> Problem:
    title = HTTPStatus(status).phrase
    return Problem(type=kind, title=title, status=status, detail=detail, mend=mend, request_id=request)


def for_openai(problem: Problem) -> OpenAIErrors:
    """A problem in OpenAI's shape."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(problem.status, "invalid_request_error" if problem.status < 500 else "server_error")
    code = problem.type.removeprefix("urn:tastemaker:").replace("-", "_") if problem.type.startswith("urn:") else None
    return OpenAIErrors(error=OpenAIError(message=f"{problem.detail} {problem.mend}".strip(), type=kind, code=code))


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses for the OpenAPI document: these problems, and those every route may give."""
    always = (400, 401, 404, 408, 413, 422, 429, 500, 503)
    described = {"content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {status: {"description": HTTPStatus(status).phrase, **described} for status in sorted({*always, *statuses})}
