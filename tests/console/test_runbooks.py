"""Runbooks on the screen: which there are, and what each would do."""

from __future__ import annotations

from pathlib import Path

import pytest

BOOK = """
runbook: failed-logins
title: Failed logins
trigger: {alert: [regenesis-failed-logins, <b>]}
severity: P1
steps:
- {id: look, do: Look, owner: ben, within: 5m, by: 1h, ask: {what: [one, many]}, keep: audit.export}
- {id: block, if: look.what == 'one', do: Block, approve: approver, run: aws.waf.block,
   with: {ips: '{{ alert.labels.ip }}', for: 24h}}
- {id: tell, if: look.what == 'many', do: Tell them}
"""


@pytest.fixture(autouse=True)
def books(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "packs" / "team" / "runbooks"
    folder.mkdir(parents=True)
    (folder / "failed-logins.yml").write_text(BOOK)


def test_runbooks_are_listed_with_what_begins_them(app, chidi):
    page = chidi.get("/runbooks").content.decode()
    assert "/runbooks/failed-logins" in page
    assert "regenesis-failed-logins" in page
    assert "&lt;b&gt;" in page


def test_a_runbook_shows_its_steps_targets_dry_run_and_text(app, chidi, ben):
    page = ben.get("/runbooks/failed-logins?incident=INC-7").content.decode()
    for words in (
        'value="INC-7"',
        "within 5m by 1h",
        "aws.waf.block",
        "(changes)",
        "Evidence first",
        "By itself after 1d",
        "Not with these answers",
        "runbook: failed-logins",
    ):
        assert words in page
    assert "Begin it" not in chidi.get("/runbooks/failed-logins").content.decode()


def test_an_unknown_runbook_is_404(app, chidi):
    assert chidi.get("/runbooks/nowhere").status_code == 404
