"""Token counting: an estimate where no tokenizer file is on the machine, and never an error or a download."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.models import tokens
from agent.models.failures import scrub


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    tokens._counter.cache_clear()
    yield
    tokens._counter.cache_clear()


def test_without_a_tokenizer_file_tokens_are_estimated() -> None:
    assert tokens.count_tokens("") == 0
    assert 22 <= tokens.count_tokens("word " * 20) <= 25


def test_a_damaged_tokenizer_file_is_no_reason_to_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # whatever it tries to fetch fails at once
    (tmp_path / "fb374d419588a4632f3f557e76b4b70aebbca790").write_text("damaged")
    assert tokens.count_tokens("hello there") == 3


@pytest.mark.parametrize(
    "text",
    ["key sk-proj-abcdefgh wrong", "Authorization: Bearer abc.def", "http://me:hunter2@host/v1", "token s3cr3t here"],
)
def test_what_looks_like_a_key_is_scrubbed(text: str) -> None:
    clean = scrub(text, ("s3cr3t",))
    assert "[secret]" in clean
    assert not any(part in clean for part in ("abcdefgh", "abc.def", "hunter2", "s3cr3t"))
