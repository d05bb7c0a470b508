"""Runbooks are read as they are written, and every mistake of a file is found at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tocsin.domain.runbook import Ask, Called, Parallel, Repeat, Step, StepAction
from tocsin.domain.severity import Severity
from tocsin.runbooks.faults import RunbookWrong
from tocsin.runbooks.reading import LONGEST, MOST_STEPS, digest_of, look_over, read, steps_of

WHOLE = """\
runbook: logins
title: Logins fail
trigger: {alert: failed-logins, type: [security, drift], severity: P1}
severity: P2
forbid: [audit.repair]
steps:
- id: look
  do: Who is it?
  owner: [oncall, security-lead]
  within: 5m
  by: 1h
  run: signals.top
  with: {by: [src_ip, 4], last: 15m, share: 0.5, deep: {on: true, off: null}, n: 0x1F, for: 24h}
  ask: {source: [one, 2, true], note: text, seen: '{{ look.count }}'}
  approve: ciso
  keep: [logs.export, audit.snapshot]
  see: https://wiki.example/logins
- parallel:
  - {id: tell, do: Tell the CISO, owner: ciso, run: notify, if: look.source == 'one'}
  - - {id: lock, do: L, run: [{i.disable_user: '{{ look.users }}'}, page, {waf.block: {ips: [a], for: 1h}}]}
    - {id: note, do: Write it down}
- id: watch
  repeat: {every: 15m, until: calm.state}
  steps:
  - {id: calm, do: Is it calm?, ask: {state: [yes, no]}}
- {id: rest, call: wrap-up, if: incident.age > 30m}
- {call: review}
"""


def test_a_whole_runbook_is_read() -> None:
    book = read(WHOLE, "packs/x/runbooks/logins.yml")
    look = Step(
        step_id="look",
        do="Who is it?",
        owners=("oncall", "security-lead"),
        within=timedelta(minutes=5),
        by=timedelta(hours=1),
        actions=(
            StepAction(
                action="signals.top",
                arguments={
                    "by": ["src_ip", 4],
                    "last": "15m",
                    "share": 0.5,
                    "deep": {"on": True, "off": None},
                    "n": 31,
                },
                revert_after=timedelta(hours=24),
            ),
        ),
        asks=(
            Ask(name="source", choices=("one", "2", "true")),
            Ask(name="note"),
            Ask(name="seen", proposed="{{ look.count }}"),
        ),
        approve=("ciso",),
        keep=("logs.export", "audit.snapshot"),
        see="https://wiki.example/logins",
        line=7,
    )
    tell = Step(
        step_id="tell",
        do="Tell the CISO",
        owners=("ciso",),
        condition="look.source == 'one'",
        actions=(StepAction(action="notify"),),
        line=19,
    )
    lock = Step(
        step_id="lock",
        do="L",
        actions=(
            StepAction(action="i.disable_user", arguments={"": "{{ look.users }}"}),
            StepAction(action="page"),
            StepAction(action="waf.block", arguments={"ips": ["a"]}, revert_after=timedelta(hours=1)),
        ),
        line=20,
    )
    note = Step(step_id="note", do="Write it down", line=21)
    calm = Step(step_id="calm", do="Is it calm?", asks=(Ask(name="state", choices=("yes", "no")),), line=25)
    assert book.nodes == (
        look,
        Parallel(branches=((tell,), (lock, note)), line=18),
        Repeat(repeat_id="watch", every=timedelta(minutes=15), until="calm.state", nodes=(calm,), line=22),
        Called(call_id="rest", runbook="wrap-up", condition="incident.age > 30m", line=26),
        Called(call_id="review", runbook="review", line=27),
    )
    assert (book.runbook_id, book.title, book.severity) == ("logins", "Logins fail", Severity.P2)
    assert book.trigger == {
        "alert": ("failed-logins",),
        "type": ("security", "drift"),
        "severity": ("P1",),
    }
    assert (book.forbid, book.digest) == (("audit.repair",), digest_of(WHOLE))
    assert [type(node).__name__ for node in steps_of(book.nodes)] == [
        *("Step", "Step", "Step", "Step"),
        *("Repeat", "Step", "Called", "Called"),
    ]


def test_yaml_1_2_keeps_yes_no_and_times_as_texts() -> None:
    book = read("runbook: a\ntitle: T\nsteps:\n- {id: s, do: D, ask: {a: [yes, no, 12:30]}}\n", "a.yml")
    step = book.nodes[0]
    assert isinstance(step, Step)
    assert step.asks[0].choices == ("yes", "no", "12:30")


def test_every_mistake_of_a_file_is_found_at_once() -> None:
    text = """\
runbook: Bad Id
titel: T
trigger: {alarm: x, severity: [P9]}
severity: P0
steps:
- id: one
  within: soon
  if: a ==
- {id: two, do: [x], owner: [4, a], run: 'Not A Name', with: {x: '{{ a b }}'}}
- {id: three, do: D, with: {x: 1}}
- {id: four, do: D, run: [{a.b: 1, c.d: 2}], with: {x: 1}}
- {id: five, do: D, ask: {a b: [one], c: other}}
- {parallel: [{id: six, do: D}]}
- {id: seven, repeat: {every: 0s}, steps: []}
- {repeat: {every: 1m, until: [a]}}
- {do: D, run: [5]}
- just words
"""
    draft = look_over(text, "x.yml")
    found = [(fault.line, fault.reason) for fault in draft.faults]
    expected = [
        (1, "The key `title` is missing."),
        (1, "`Bad Id` cannot be an id."),
        (2, "The key `titel` is not known here."),
        (3, "The key `alarm` is not known here."),
        (3, "`P9` is not possible here."),
        (4, "`P0` is not possible here."),
        (6, "The key `do` is missing."),
        (7, "`soon` is not a length of time."),
        (8, "The expression `a ==` is wrong at its character 5: a name or a value is missing at the end."),
        (9, "A text is expected here, found a list."),
        (9, "A text is expected here, found a number."),
        (9, "`Not A Name` is no name of an action."),
        (
            9,
            "The expression `{{ a b }}` is wrong at its character 4: `b` is not expected here.",
        ),
        (10, "`with` needs a `run`."),
        (11, "One action a line is expected."),
        (11, "`with` belongs to one action, and `run` is a list."),
        (12, "`a b` cannot name an answer."),
        (12, "Two different answers are needed."),
        (
            12,
            "`other` is neither a list of answers, `text` nor '{{ a proposed value }}'.",
        ),
        (13, "`parallel` needs two branches or more."),
        (14, "The key `until` is missing."),
        (14, "A repeat needs a pause."),
        (14, "There is no step here."),
        (15, "The key `id` is missing."),
        (15, "The key `steps` is missing."),
        (15, "A text is expected here, found a list."),
        (16, "The key `id` is missing."),
        (16, "A text is expected here, found a number."),
        (17, "A mapping is expected here, found a text."),
    ]
    assert sorted(found) == sorted(expected)
    with pytest.raises(RunbookWrong, match=r"x\.yml:8:7: The expression") as caught:
        read(text, "x.yml")
    assert caught.value.faults == draft.faults


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "This is not YAML"),
        ("- a\n", "A mapping is expected here, found a list."),
        ("title: T\nsteps: []\n", "The key `runbook` is missing."),
        ("#" * (LONGEST + 1), "more than"),
    ],
)
def test_a_file_of_which_nothing_can_be_made_is_refused(text: str, reason: str) -> None:
    draft = look_over(text, "x.yml")
    assert draft.runbook is None
    assert any(reason in fault.reason for fault in draft.faults)
    with pytest.raises(RunbookWrong):
        read(text, "x.yml")


def test_a_key_that_stands_twice_hides_no_other_mistake() -> None:
    draft = look_over("runbook: a\ntitle: T\ntitle: U\nsteps:\n- {id: s, id: t, oh: 1, do: D}\n", "x.yml")
    assert [(fault.line, fault.column, fault.reason) for fault in draft.faults] == [
        (3, 1, "The key `title` stands here twice."),
        (5, 11, "The key `id` stands here twice."),
        (5, 18, "The key `oh` is not known here."),
    ]
    assert draft.runbook is not None
    assert draft.runbook.title == "T"
    with pytest.raises(RunbookWrong):
        read(draft.runbook.text, "x.yml")


def test_a_file_without_steps_or_with_too_many_is_refused() -> None:
    assert look_over("runbook: a\ntitle: T\n", "x.yml").faults[0].reason == "The key `steps` is missing."
    steps = "".join(f"- {{id: s{number}, do: D}}\n" for number in range(MOST_STEPS + 2))
    faults = look_over(f"runbook: a\ntitle: T\nsteps:\n{steps}", "x.yml").faults
    assert [fault.reason for fault in faults] == [f"There are more than {MOST_STEPS} steps."]


def test_steps_may_not_be_nested_without_end() -> None:
    inner = "{id: a, do: D}"
    for number in range(7):
        inner = f"{{id: r{number}, repeat: {{every: 1m, until: a.b}}, steps: [{inner}]}}"
    faults = look_over(f"runbook: a\ntitle: T\nsteps: [{inner}]\n", "x.yml").faults
    assert [fault.reason for fault in faults] == ["Steps are nested more than 5 deep."]


def test_parallel_branches_may_not_be_nested_without_end() -> None:
    inner = "{id: a, do: D}"
    for number in range(7):
        inner = f"{{parallel: [[{inner}], {{id: b{number}, do: D}}]}}"
    faults = look_over(f"runbook: a\ntitle: T\nsteps: [{inner}]\n", "x.yml").faults
    assert any("nested more than 5 deep" in fault.reason for fault in faults)


def test_the_places_of_parts_are_kept() -> None:
    places = look_over(WHOLE, "x.yml").places
    assert places["look/run/0"] == (12, 8)
    assert places["look/ask/note"] == (14, 39)
    assert places["watch/until"] == (23, 31)
    assert places["rest/call"] == (26, 20)


def test_what_a_foreign_playbook_said_is_kept_verbatim() -> None:
    text = "runbook: a\ntitle: T\ncacao: {a: ['{{ not ours']}\nsteps: [{id: s, do: D, cacao: {b: 1}}]\n"
    book = read(text, "a.yml")
    assert book.cacao == {"a": ["{{ not ours"]}
    step = book.nodes[0]
    assert isinstance(step, Step)
    assert step.cacao == {"b": 1}
    faults = look_over("runbook: a\ntitle: T\ncacao: 5\nsteps: [{id: s, do: D}]\n", "a.yml").faults
    assert [fault.reason for fault in faults] == ["A mapping is expected here, found a number."]
