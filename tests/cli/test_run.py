"""Runs are followed from the command line; consent is not given there."""

from __future__ import annotations

from pathlib import Path

import pytest

BOOK = """
runbook: disk-full
title: The disk is full
trigger: {alert: DiskFull}
steps:
- {id: look, do: 'Is it data, or logs?', within: 5m, ask: {what: [data, logs], note: text}}
- {id: tell, if: look.what == 'data', do: Tell the owner, approve: approver}
- {id: free, do: Free some space}
"""
BLOCK = """
runbook: block
title: Block them
steps:
- {id: block, do: Block, run: aws.waf.block, with: {ips: ['198.51.100.7'], for: 24h}}
- {id: never, if: incident.type == 'nothing', do: Never, run: aws.waf.block, with: {ips: 192.0.2.1}}
"""


@pytest.fixture
def followed(app, report, answer) -> str:
    """Return the name of a run that has begun."""
    report({"labels": {"alertname": "DiskFull", "severity": "critical", "service": "shop"}})
    return str(answer("run", "start", "INC-1", "disk-full")["id"])


@pytest.fixture(autouse=True)
def books(home: Path) -> None:
    folder = home / "packs" / "team" / "runbooks"
    folder.mkdir(parents=True)
    (folder / "disk-full.yml").write_text(BOOK)
    (folder / "block.yml").write_text(BLOCK)


def test_a_run_is_begun_answered_and_done(followed, answer, typed) -> None:
    assert followed == "RUN-1"
    shown = answer("run", "show", "RUN-1")
    assert (shown["next"]["place"], shown["incident"]) == ("look", "INC-1")
    assert "Next: look: Is it data, or logs? (anybody, until" in typed("run", "show", "RUN-1").stderr
    answer("run", "answer", "RUN-1", "look", "what=logs", "note=old ones")
    assert answer("run", "show", "RUN-1")["steps"][1]["state"] == "not-applicable"
    assert answer("run", "done", "RUN-1", "free")["state"] == "done"
    assert [each["id"] for each in answer("run", "list", "--state", "done")] == ["RUN-1"]
    assert "RUN-1" in typed("run", "list").stdout


def test_what_waits_for_people_is_said(followed, answer, typed) -> None:
    assert "what?, note?" in typed("run", "show", "1").stdout
    answer("run", "answer", "1", "look", "what=data", "note=tables")
    assert "approval of approver" in typed("run", "show", "1").stdout
    assert typed("run", "done", "1", "tell").exit_code != 0
    answer("run", "skip", "1", "tell", "--reason", "The owner is here.")
    assert "done" in typed("run", "show", "1").stdout


def test_nobody_consents_on_the_command_line(typed) -> None:
    assert typed("run", "approve", "RUN-1", "tell").exit_code == 2


def test_a_step_that_did_not_fail_is_not_tried_again(followed, typed) -> None:
    assert "it is ready" in typed("run", "retry", "RUN-1", "look").stderr


def test_runs_are_ended_and_begun_anew(followed, answer, typed) -> None:
    ended = answer("run", "abort", "RUN-1", "--reason", "A false alarm.", "--rerun")
    assert [(each["id"], each["state"]) for each in ended] == [("RUN-1", "aborted"), ("RUN-2", "running")]
    assert typed("run", "abort", "RUN-2", "--reason", "Enough.").exit_code == 0


def test_names_that_name_nothing_end_with_3(followed, typed) -> None:
    for words in (("show", "RUN-9"), ("show", "nonsense"), ("start", "INC-1", "nowhere")):
        assert typed("run", *words).exit_code == 3
    assert typed("run", "answer", "RUN-1", "look", "what").exit_code == 2


def test_a_runbook_is_rehearsed_whole(app, report, answer, typed) -> None:
    planned = answer("runbook", "plan", "block")
    (block,) = planned["steps"][0]["actions"]
    assert (block["action"], block["reverts_after"]) == ("aws.waf.block", "1d")
    assert any(call["changes"] for call in block["calls"])
    assert planned["steps"][1]["applies"] is False
    text = typed("runbook", "plan", "block").stdout
    assert "audit.snapshot" in text
    report({"labels": {"alertname": "DiskFull", "severity": "critical", "service": "shop"}})
    words = ("runbook", "plan", "disk-full", "--incident", "INC-1", "--answer", "look.what=logs")
    assert answer(*words)["steps"][1]["applies"] is False
