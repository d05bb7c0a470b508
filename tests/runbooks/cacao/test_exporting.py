"""A runbook becomes a playbook that the schemas of OASIS and our own look-over accept."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from playbooks import a_branching_playbook
from tocsin.runbooks.cacao.exporting import MANUAL_TIMEOUT_MS, as_json, exported
from tocsin.runbooks.cacao.ids import EXTENSION, identity_of, object_id, playbook_of
from tocsin.runbooks.cacao.importing import imported
from tocsin.runbooks.cacao.linting import lint_playbook
from tocsin.runbooks.reading import read

BOOK = read(
    """\
runbook: logins
title: Logins fail
trigger: {alert: failed-logins}
severity: P2
steps:
- {id: look, do: Who?, owner: oncall, by: 1h, run: signals.top, with: {by: [ip]}, ask: {kind: [one, many]}}
- {id: block, if: look.kind == 'one', do: Block, owner: [oncall, ciso], run: [{waf.block: '{{ look.ips }}'}]}
- parallel:
  - {id: tell, do: Tell, owner: ciso, see: https://x.example}
  - {id: note, do: Note, ask: {text: text}}
- {id: watch, repeat: {every: 15m, until: calm.state == 'yes' or incident.age > 4h},
   steps: [{id: calm, do: Calm?, ask: {state: [yes, no]}}]}
- {id: again, repeat: {every: 1m, until: alert.over}, steps: [{id: wait, do: Wait}]}
- {id: rest, call: other, if: incident.severity == 'P1'}
- {call: more}
""",
    "logins.yml",
)


@pytest.fixture(scope="module")
def oasis(shared: Path) -> Draft7Validator:
    """Return the validator of the schemas of OASIS."""
    root = shared / "data" / "cacao" / "schemas"
    texts = [json.loads(path.read_text(encoding="utf-8")) for path in root.rglob("*.json")]
    registry = Registry().with_resources((each["$id"], Resource.from_contents(each)) for each in texts)
    schema = json.loads((root / "playbook.json").read_text(encoding="utf-8"))
    return Draft7Validator(schema, registry=registry)


def test_it_is_valid_by_the_schemas_of_oasis(oasis: Draft7Validator) -> None:
    assert [error.message for error in oasis.iter_errors(exported(BOOK))] == []
    broken = {**exported(BOOK), "spec_version": "cacao-9"}
    assert list(oasis.iter_errors(broken))


def test_our_own_look_finds_nothing() -> None:
    assert lint_playbook(exported(BOOK)) == ()


def test_the_same_runbook_gives_the_same_bytes() -> None:
    assert as_json(exported(BOOK)) == as_json(exported(read(BOOK.text, "elsewhere.yml")))


def test_what_cacao_can_say_is_said_natively() -> None:
    playbook = exported(BOOK)
    workflow = playbook["workflow"]
    look = workflow[object_id("action", "logins", "look")]
    assert (look["name"], look["owner"]) == ("Who?", identity_of("oncall"))
    assert look["out_args"] == ["__look_ips__", "__look_kind__"]
    (command,) = look["commands"]
    assert command["command"] == "POST /api/v1/actions/signals.top HTTP/1.1"
    assert json.loads(base64.b64decode(command["content_b64"])) == {"arguments": {"by": ["ip"]}}
    assert "timeout" not in look
    block = workflow[object_id("action", "logins", "block")]
    assert "owner" not in block
    tell = workflow[object_id("action", "logins", "tell")]
    assert (tell["timeout"], tell["commands"][0]["type"]) == (MANUAL_TIMEOUT_MS, "manual")
    condition = workflow[object_id("if-condition", "logins", "block")]
    assert condition["condition"] == "__look_kind__:value = 'one'"
    assert workflow[object_id("playbook-action", "logins", "more")]["playbook_id"] == playbook_of("more")
    assert playbook["severity"] == 75
    assert set(playbook["playbook_variables"]) == {
        "__alert_over__",
        "__incident_age__",
        "__incident_severity__",
    }
    assert look["step_extensions"][EXTENSION]["by"] == "1h"


def test_no_time_target_becomes_a_timeout() -> None:
    timeouts = {step.get("timeout") for step in exported(BOOK)["workflow"].values()}
    assert timeouts == {None, MANUAL_TIMEOUT_MS}


def test_a_runbook_without_severity_or_names_says_nothing_of_them() -> None:
    playbook = exported(read("runbook: a\ntitle: T\nsteps: [{id: s, do: D}]\n", "a.yml"))
    assert playbook["severity"] == 0
    assert "playbook_variables" not in playbook
    assert playbook["playbook_processing_summary"]["manual_playbook"] is True


def test_a_foreign_playbook_goes_back_as_it_came() -> None:
    theirs = a_branching_playbook()
    assert exported(read(imported(json.dumps(theirs), "a.yml"), "a.yml")) == theirs
