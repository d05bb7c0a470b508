"""Our playbooks come back as the runbooks they were; changed ones are refused, the step named."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest

from playbooks import a_branching_playbook
from tocsin.runbooks.cacao.exporting import as_json, exported
from tocsin.runbooks.cacao.graph import PlaybookRefused
from tocsin.runbooks.cacao.ids import EXTENSION, object_id
from tocsin.runbooks.cacao.importing import MOST_CHARACTERS, imported
from tocsin.runbooks.faults import RunbookWrong
from tocsin.runbooks.reading import read
from tocsin.runbooks.writing import written

PACKS = Path(__file__).parents[3] / "packs"
SHIPPED = sorted(path for path in PACKS.glob("*/runbooks/*.yml") if not path.name.endswith(".test.yml"))
LOGINS = PACKS / "saas-platform" / "runbooks" / "failed-login-spike.yml"


def ours() -> dict[str, Any]:
    return copy.deepcopy(exported(read(LOGINS.read_text(encoding="utf-8"), "a.yml")))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_runbook_comes_back_equal(path: Path) -> None:
    book = read(path.read_text(encoding="utf-8"), "a.yml")
    again = read(imported(as_json(exported(book)), "a.yml"), "a.yml")
    assert written(again) == written(book)
    assert exported(again) == exported(book)


def test_what_carriers_add_changes_nothing() -> None:
    playbook = ours()
    playbook |= {"created": "2020-01-01T00:00:00.000Z", "signatures": [{}], "markings": ["x"]}
    assert imported(json.dumps(playbook), "a.yml") == imported(json.dumps(ours()), "a.yml")


def test_a_foreign_playbook_becomes_a_runbook() -> None:
    assert "runbook: somebody-s-playbook" in imported(json.dumps(a_branching_playbook()), "a.yml")


def changed(step: str, **more: Any) -> dict[str, Any]:
    playbook = ours()
    playbook["workflow"][object_id("action", "failed-login-spike", step)].update(more)
    return playbook


def without_extension() -> dict[str, Any]:
    playbook = ours()
    del playbook["workflow"][object_id("action", "failed-login-spike", "ack")]["step_extensions"]
    return playbook


@pytest.mark.parametrize(
    ("playbook", "reason"),
    [
        (changed("lock", name="Unlock"), object_id("action", "failed-login-spike", "lock")),
        (changed("lock", timeout=5), object_id("action", "failed-login-spike", "lock")),
        ({**ours(), "name": "Another"}, "`name` says something else"),
        ({**ours(), "labels": ["x"]}, "`labels` says something else"),
        (without_extension(), f"{object_id('action', 'failed-login-spike', 'ack')} was added"),
        (changed("ack", step_extensions={EXTENSION: {"id": "ack", "do": "Other"}}), "something else"),
        (changed("ack", step_extensions=5), "has no extension"),
    ],
)
def test_a_playbook_of_ours_that_was_changed_is_refused(playbook: dict[str, Any], reason: str) -> None:
    with pytest.raises(PlaybookRefused, match=re.escape(reason)):
        imported(json.dumps(playbook), "a.yml")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is no playbook"),
        ('{"type": "bundle"}', "is no playbook"),
        ('{"type": "playbook", "spec_version": "1.1"}', "not of CACAO 2.0"),
        (" " * (MOST_CHARACTERS + 1), "more than"),
    ],
)
def test_what_is_no_playbook_is_refused(text: str, reason: str) -> None:
    with pytest.raises(PlaybookRefused, match=reason):
        imported(text, "a.yml")


def test_an_extension_that_is_no_runbook_is_refused_as_one() -> None:
    with pytest.raises(RunbookWrong, match="is missing"):
        imported(json.dumps(changed("ack", step_extensions={EXTENSION: {"id": "ack"}})), "a.yml")
