"""Runbooks are found in packs; one that is wrong, or whose tests fail, is not loaded, and all is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tocsin.app.drills import ONCALL
from tocsin.app.packs import Packs
from tocsin.app.runbooks import (
    Stock,
    as_cacao,
    from_cacao,
    known_of,
    runbook_files_at,
    step_records,
    stock_in_force,
    stock_of,
    summary,
    summed_up,
)
from tocsin.app.settings import load_settings
from tocsin.domain.errors import Misconfigured, NotFound
from tocsin.runbooks.faults import RunbookWrong
from tocsin.runbooks.linting import Known

STEPS = """\
- {id: look, do: Look, owner: oncall, within: 5m, run: [page: oncall], ask: {x: [yes, no]}}
- {id: lock, if: look.x == 'yes', do: Lock, owner: oncall, by: 1h, approve: ciso}
"""
MORE = """\
- {id: watch, repeat: {every: 5m, until: calm.x},
   steps: [{id: calm, do: Calm?, owner: oncall, ask: {x: text}}]}
- {id: rest, call: other}
"""
TESTS = """\
tests:
- name: it is locked
  given: {look: {answer: {x: yes}}}
  expect: {order: [look, lock]}
"""


def put(folder: Path, name: str, steps: str = STEPS, tests: str | None = TESTS) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = f"runbook: {name}\ntitle: T of {name}\ntrigger: {{type: drift}}\nsteps:\n{steps}"
    (folder / f"{name}.yml").write_text(text, encoding="utf-8")
    if tests is not None:
        (folder / f"{name}.test.yml").write_text(tests, encoding="utf-8")


def stock_at(*paths: Path) -> Stock:
    return stock_of(runbook_files_at(paths), Known())


def test_a_right_runbook_is_loaded(tmp_path: Path) -> None:
    put(tmp_path, "logins")
    stock = stock_at(tmp_path)
    assert (stock.faults, set(stock.books)) == ((), {"logins"})
    row = summary(stock.get("logins"))
    assert (row["state"], row["tests"], row["steps"]) == ("loaded", 1, 2)
    assert row["trigger"] == "type: drift"


def test_a_single_file_is_found_with_its_tests(tmp_path: Path) -> None:
    put(tmp_path, "logins")
    assert len(stock_at(tmp_path / "logins.yml").get("logins").rehearsed) == 1


@pytest.mark.parametrize(
    ("steps", "tests", "reason"),
    [
        ("- {id: look, do: Look, if: no.x}\n", TESTS, "names no step"),
        (STEPS, TESTS.replace("[look, lock]", "[lock]"), "The test `it is locked` fails"),
        (STEPS, "tests: 5\n", "A list is expected"),
    ],
)
def test_a_wrong_one_or_one_whose_tests_fail_is_not(
    tmp_path: Path, steps: str, tests: str, reason: str
) -> None:
    put(tmp_path, "logins", steps, tests)
    stock = stock_at(tmp_path)
    assert stock.books == {}
    assert any(reason in str(fault) for fault in stock.faults)
    assert summary(stock.get("logins"))["state"] == "refused"
    with pytest.raises(RunbookWrong):
        as_cacao(stock.get("logins"))


def test_a_runbook_without_tests_or_with_an_untested_step_is_warned_of(tmp_path: Path) -> None:
    put(tmp_path, "bare", tests=None)
    put(
        tmp_path,
        "half",
        tests=TESTS.replace("x: yes", "x: no")
        .replace("[look, lock]", "[look]")
        .replace("]}", "], not_applicable: [lock]}"),
    )
    stock = stock_at(tmp_path)
    assert set(stock.books) == {"bare", "half"}
    assert [str(fault).partition("warning: ")[2] for fault in stock.faults] == [
        "No test stands beside this runbook. Write `NAME.test.yml`.",
        "No test does the step `lock`. Add one that does.",
    ]


def test_a_file_that_is_no_runbook_is_told_and_shown(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("a: [", encoding="utf-8")
    (checked,) = stock_at(tmp_path).checked
    assert (summary(checked)["state"], summary(checked)["runbook"]) == ("refused", "")
    assert summary(checked)["title"].startswith("bad.yml: This is not YAML")
    assert step_records(checked) == []
    with pytest.raises(RunbookWrong):
        as_cacao(checked)


def test_steps_repeats_and_calls_are_rows(tmp_path: Path) -> None:
    put(tmp_path, "other", "- {id: a, do: A, owner: oncall}\n", None)
    put(tmp_path, "logins", STEPS + MORE, None)
    rows = step_records(stock_at(tmp_path).get("logins"))
    assert [(row["place"], row["do"]) for row in rows] == [
        ("look", "Look"),
        ("lock", "Lock"),
        ("watch", "Repeat every 5m until calm.x"),
        ("calm", "Calm?"),
        ("rest", "Follow other"),
    ]
    assert (rows[0]["within"], rows[1]["by"], rows[1]["approve"], rows[0]["run"]) == (
        "5m",
        "1h",
        "ciso",
        "page",
    )


def test_what_is_not_there_or_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nothing at"):
        stock_at(tmp_path / "nowhere")
    (tmp_path / "a.json").write_bytes(b"\xff")
    with pytest.raises(Misconfigured, match="cannot be read"):
        from_cacao(tmp_path / "a.json")
    with pytest.raises(NotFound, match="no runbook 'x'"):
        Stock(()).get("x")


def test_one_that_cannot_be_read_is_refused_with_its_reason_and_the_others_are_loaded(tmp_path: Path) -> None:
    put(tmp_path, "logins")
    put(tmp_path, "other")
    (tmp_path / "bad.yml").write_bytes(b"\xff")
    (tmp_path / "other.test.yml").write_bytes(b"tests: \xff")
    stock = stock_at(tmp_path)
    assert set(stock.books) == {"logins"}
    assert [(Path(fault.path).name, fault.reason) for fault in stock.faults] == [
        ("bad.yml", "The file is not UTF-8: byte 0 is 0xff."),
        ("other.test.yml", "The file is not UTF-8: byte 7 is 0xff."),
    ]
    assert stock_at(tmp_path / "bad.yml").checked[0].errors


def test_the_packs_in_force_give_runbooks_and_what_they_may_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path))
    put(tmp_path / "packs" / "mine" / "runbooks", "logins")
    settings = load_settings()
    packs = Packs(tmp_path, ("baseline", "agent-identity"))
    known = known_of(settings, packs)
    assert known.actions is not None
    assert "agentidp.suspend_agent" in known.actions
    assert known.roles is None
    assert {"logins", "audit-chain-integrity"} <= set(stock_in_force(settings, packs).books)
    oncall = ONCALL.replace("STARTS", "2020-01-06") + "teams: {network: {members: [ben], lead: ben}}\n"
    (tmp_path / "packs" / "mine" / "oncall.yml").write_text(oncall, encoding="utf-8")
    roles = known_of(settings, packs).roles
    assert roles is not None
    assert {"oncall", "ben", "ada", "network", "network-lead", "commander", "approver"} <= set(roles)


def test_a_playbook_goes_out_and_comes_back(tmp_path: Path) -> None:
    put(tmp_path, "logins")
    playbook = tmp_path / "playbook.json"
    playbook.write_text(as_cacao(stock_at(tmp_path).get("logins")), encoding="utf-8")
    text, remarks = from_cacao(playbook)
    assert remarks == ()
    put(tmp_path / "again", "logins", tests=None)
    (tmp_path / "again" / "logins.yml").write_text(text, encoding="utf-8")
    first, again = stock_at(tmp_path / "logins.yml"), stock_at(tmp_path / "again")
    assert as_cacao(first.get("logins")) == as_cacao(again.get("logins"))
    assert json.loads(playbook.read_text(encoding="utf-8"))["name"] == "T of logins"


def test_steps_whose_role_is_missing_are_one_line_a_role(tmp_path: Path) -> None:
    put(tmp_path, "logins")
    put(tmp_path, "other", STEPS.replace("ciso", "legal"))
    stock = stock_of(runbook_files_at([tmp_path]), Known(roles=("ada",)))
    assert len(stock.faults) == 6
    assert [fault.reason for fault in summed_up(stock.faults)] == [
        "There is no role `ciso` here.",
        "There is no role `legal` here.",
        "There is no role `oncall` here, which 4 steps in 2 runbooks name.",
    ]
