"""The commands of `tastemaker`, one module a family; heavy imports happen inside the commands."""

from __future__ import annotations


def examples(*lines: str) -> str:
    """The examples that stand below a command's options."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
