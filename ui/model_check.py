"""Whether the language model of the settings can be reached: one GET /models, and nothing is ever printed of a key."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agent.settings import Settings
    from ui.checking import Finding, State

OPENAI = "https://api.openai.com/v1"
TIMEOUT_S = 5.0


def model(settings: Settings) -> Finding:
    """The finding about the language model; a failure only when the settings insist on one."""
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
