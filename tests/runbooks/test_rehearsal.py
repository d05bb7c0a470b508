"""A rehearsal goes through a runbook as its test says, and tells where it went another way."""

from __future__ import annotations

import pytest

from tocsin.runbooks import rehearsal
from tocsin.runbooks.reading import read
from tocsin.runbooks.rehearsal import Rehearsed, rehearse
from tocsin.runbooks.rehearsal_file import read_tests

BOOK = """\
runbook: logins
title: Logins fail
trigger: {alert: failed-logins}
steps:
- {id: look, do: Look, within: 10m, run: signals.top, ask: {source: '{{ look.ip }}', kind: [one, many]}}
- {id: block, if: look.kind == 'one', do: Block, approve: [ciso, legal],
   run: [{waf.block: {ips: '{{ look.source }}'}}, {idp.lock: '{{ look.source }}'}]}
- {id: keep, do: Keep, keep: logs.export}
- {id: watch, repeat: {every: 15m, until: calm.state == 'yes'},
   steps: [{id: calm, do: Calm?, ask: {state: [yes, no]}}]}
- {id: more, call: other, if: incident.age > 30m}
- {id: note, do: Note}
"""
OTHER = "runbook: other\ntitle: T\nsteps: [{id: a, do: D}]\n"


def rehearsed(test: str, book: str = BOOK) -> Rehearsed:
    (found,), faults = read_tests(f"tests:\n- name: a test\n{test}", "a.test.yml")
    assert not faults
    return rehearse(read(book, "a.yml"), found, {"other": read(OTHER, "b.yml")})


def test_a_run_that_goes_as_expected_has_no_failure() -> None:
    result = rehearsed("""\
  alert: {alertname: failed-logins}
  given:
    look: {after: 12m, answer: {kind: one}, output: {ip: 192.0.2.1}}
    calm: {answer: {state: no}}
    watch#2/calm: {answer: {state: yes}}
  expect:
    fits: true
    order: [look, block, keep, watch#1/calm, watch#2/calm, more.a, note]
    missed: [look]
    actions: [signals.top, {waf.block: {ips: 192.0.2.1}}, {idp.lock: 192.0.2.1}]
""")
    assert result.failures == ()
    assert "watch#2/calm" in result.reached


@pytest.mark.parametrize(("after", "missed"), [("1m", "[]"), ("61s", "[look]")])
def test_what_is_done_when_it_is_due_is_not_missed(after: str, missed: str) -> None:
    book = "runbook: a\ntitle: T\nsteps: [{id: look, do: D, within: 1m}]\n"
    test = f"  given: {{look: {{after: {after}}}}}\n  expect: {{order: [look], missed: {missed}}}\n"
    assert rehearsed(test, book).failures == ()


def test_what_was_skipped_is_not_applicable() -> None:
    result = rehearsed("""\
  given:
    look: {answer: {kind: many, source: a}}
    keep: {outcome: skipped}
    calm: {after: 1h, answer: {state: yes}}
  expect: {order: [look, watch#1/calm, more.a, note], not_applicable: [block, keep], fits: false}
""")
    assert result.failures == ()


def test_a_failed_action_stops_the_run_where_it_is() -> None:
    result = rehearsed("""\
  given: {look: {answer: {kind: one, source: a}}, block: {outcome: failed}}
  expect: {order: [look], failed: [block], actions: [signals.top, waf.block]}
""")
    assert result.failures == ()


@pytest.mark.parametrize(
    ("test", "failures"),
    [
        (
            """\
  given: {look: {answer: {kind: many, source: a}}, calm: {after: 1h, answer: {state: yes}}, nobody: {}}
  expect: {order: [look], missed: [note], failed: [keep], fits: true, actions: [page]}
""",
            [
                "the steps done are [look, keep, watch#1/calm, more.a, note], expected [look].",
                "not applicable: [block], expected [].",
                "failed: [], expected [keep].",
                "missed: [], expected [note].",
                "something is given for [nobody], which is never ready.",
                "the actions are [signals.top], expected [page].",
                "the trigger does not fit the incident, expected the opposite.",
            ],
        ),
        (
            """\
  given: {look: {answer: {kind: one, source: a}}, calm: {after: 1h, answer: {state: yes}}}
  expect:
    order: [look, block, keep, watch#1/calm, more.a, note]
    actions: [signals.top, {waf.block: {ips: b}}, {idp.lock: c}]
""",
            [
                "waf.block is given ips 'a', expected 'b'.",
                "idp.lock is given its argument 'a', expected 'c'.",
            ],
        ),
        (
            """\
  alert: {alertname: failed-logins}
  given: {look: {answer: {kind: other}}}
  expect: {order: []}
""",
            ["'other' is no answer to kind."],
        ),
        (
            "  expect: {order: []}\n",
            ["The step look of RUN-1: it still waits for an answer to source, kind."],
        ),
    ],
)
def test_where_it_went_another_way_is_told(test: str, failures: list[str]) -> None:
    assert list(rehearsed(test).failures) == failures


def test_a_trigger_that_fits_where_it_must_not_is_told() -> None:
    book = "runbook: a\ntitle: T\ntrigger: {type: drift}\nsteps: [{id: s, do: D}]\n"
    result = rehearsed("  incident: {type: drift}\n  expect: {order: [s], fits: false}\n", book)
    assert result.failures == ("the trigger fits the incident, expected the opposite.",)


def test_a_run_that_can_never_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "MOST_TURNS", 50)
    result = rehearsed("""\
  given: {look: {answer: {kind: many, source: a}}, calm: {answer: {state: no}}}
  expect: {order: []}
""")
    assert result.failures == ("it does not end within 50 turns of the clock.",)


def test_a_runbook_that_is_not_there_fails_its_call() -> None:
    book = "runbook: a\ntitle: T\nsteps: [{call: nowhere}, {id: s, do: D}]\n"
    result = rehearsed("  expect: {order: [s]}\n", book)
    assert result.failures == (
        "the steps done are [], expected [s].",
        "it waits without end at [s].",
    )
