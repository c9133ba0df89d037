"""The bash blocks of pages under docs run as they stand, and YAML that is shown is what the program reads."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from ingest.enriching.targets import read_offers
from tests.docs.test_readme import ROOT, environment

PAGES = ("enrich.md",)
COMMANDS = [
    line
    for page in PAGES
    for body in re.findall(r"```bash\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    for line in body.strip().splitlines()
]


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, demo_home: Path) -> None:
    done = subprocess.run(
        shlex.split(command), env=environment(demo_home), capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_fields_shown_can_be_read(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "enrich.md").read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "fields.yaml"
    file.write_text(shown, encoding="utf-8")
    (offer,) = read_offers(file)
    assert (offer.field.name, offer.most) == ("occasions", 3)
