"""Settings: where they come from, what they default to, and that they keep secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.settings import CHECKOUT, Settings, env_example, load_settings
from core.errors import OperatorMustFix


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(("TASTEMAKER_", "OPENAI_")):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def test_without_any_setting_the_rules_answer_from_the_checkout() -> None:
    settings = load_settings()
    assert settings.resolved_controller == "rules"
    assert settings.home == CHECKOUT / ".tastemaker"
    assert settings.store_url == f"sqlite:///{CHECKOUT}/.tastemaker/conversations.db"


def test_a_key_or_a_server_brings_the_model_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-one")
    assert load_settings().resolved_controller == "model"
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1234/v1")
    assert load_settings().resolved_controller == "model"
    monkeypatch.setenv("TASTEMAKER_CONTROLLER", "rules")
    assert load_settings().resolved_controller == "rules"


def test_our_own_variables_win_over_the_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-theirs")
    monkeypatch.setenv("TASTEMAKER_API_KEY", "sk-ours")
    assert load_settings().secrets == ("sk-ours",)


def test_choices_of_the_caller_win(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TASTEMAKER_SLATE_SIZE", "5")
    settings = load_settings(slate_size=2, home=tmp_path, controller=None)
    assert (settings.slate_size, settings.home, settings.controller) == (2, tmp_path, "auto")


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hush")
    monkeypatch.setenv("TASTEMAKER_DATABASE_URL", "postgresql://me:hunter2@db/x")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:pass1234@localhost/v1")
    settings = load_settings()
    for text in (repr(settings), str(settings), settings.model_dump_json(exclude={"base_url"})):
        assert not any(secret in text for secret in ("sk-hush", "hunter2", "pass1234"))
    assert settings.store_url == "postgresql://me:hunter2@db/x"


def test_a_wrong_value_names_its_variable_and_keeps_the_value_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_SLATE_SIZE", "lots-of-secrets")
    with pytest.raises(OperatorMustFix, match="TASTEMAKER_SLATE_SIZE") as caught:
        load_settings()
    assert "lots-of-secrets" not in str(caught.value)


def test_the_example_file_names_every_setting_and_is_up_to_date() -> None:
    assert (CHECKOUT / ".env.example").read_text() == env_example()
    assert all(f"TASTEMAKER_{name.upper()}=" in env_example() for name in Settings.model_fields)


def test_every_setting_explains_itself() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_uncommented_example_gives_the_defaults(tmp_path: Path) -> None:
    lines = [x.removeprefix("# ") for x in env_example().splitlines() if x.startswith("# TASTEMAKER_")]
    (tmp_path / ".env").write_text("\n".join(lines))
    read = Settings(_env_file=tmp_path / ".env")  # type: ignore[call-arg]
    assert read.model_dump(exclude={"home"}) == load_settings().model_dump(exclude={"home"})
