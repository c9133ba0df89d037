"""LangChain callback handlers that the settings name, so that a tracing service works by environment alone."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from core.errors import OperatorMustFix

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler


def named_callbacks(names: str) -> list[BaseCallbackHandler]:
    """Handlers named as MODULE.CLASS, by commas, each made without arguments; raises OperatorMustFix."""
    from langchain_core.callbacks import BaseCallbackHandler

    made = []
    for name in filter(None, map(str.strip, names.split(","))):
        module, _, kind = name.rpartition(".")
        try:
            handler = getattr(importlib.import_module(module), kind)()
        except (ImportError, AttributeError, ValueError, TypeError) as error:
            raise _no_callback(name, str(error)) from None
        if not isinstance(handler, BaseCallbackHandler):
            raise _no_callback(name, "it is no LangChain callback handler")
        made.append(handler)
    return made


def _no_callback(name: str, why: str) -> OperatorMustFix:
    return OperatorMustFix(
        f"The callback {name!r} cannot be made: {why}.",
        "TASTEMAKER_CALLBACKS names installed classes as MODULE.CLASS, by commas.",
    )
