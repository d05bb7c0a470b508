"""A runbook is looked over before it is needed, and everything that does not hold together is told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from declared import declaration, parameter
from tocsin.domain.action import ActionClass, ParameterKind
from tocsin.domain.bindings import bindings_for
from tocsin.domain.runbook import Runbook
from tocsin.runbooks.linting import MOST_BYTES, Known, errors_of, lint
from tocsin.runbooks.reading import look_over, read

HEAD = "runbook: a\ntitle: T\nsteps:\n"
ACTIONS = {
    each.name: each
    for each in (
        declaration("aws.waf.block", ActionClass.CONTAIN, parameter("ips", ParameterKind.NETWORKS)),
        declaration("aws.iam.delete", ActionClass.CONTAIN),
        declaration("aws.ssm.delete", ActionClass.CONTAIN),
        declaration("entra.disable_user", ActionClass.CONTAIN, parameter("user", ParameterKind.TEXT)),
    )
}
KNOWN = Known(
    actions=ACTIONS,
    collectors=("logs.export",),
    roles=("oncall", "ciso"),
    bindings=bindings_for("entra"),
)


def said(text: str, known: Known = KNOWN, *, warnings: bool = False) -> list[str]:
    found = lint(look_over(text, "a.yml"), known)
    assert all(fault.path == "a.yml" for fault in found)
    return [str(each).partition("a.yml:")[2] for each in (found if warnings else errors_of(found))]


def books(**texts: str) -> Mapping[str, Runbook]:
    made = (read(f"runbook: {name}\ntitle: T\nsteps: [{steps}]\n", name) for name, steps in texts.items())
    return {book.runbook_id: book for book in made}


def test_a_sound_runbook_has_no_fault() -> None:
    words = "do: D, owner: oncall, approve: ciso, keep: logs.export"
    text = f"{HEAD}- {{id: one, {words}, run: waf.block, with: {{ips: '::1'}}}}\n"
    assert said(text, warnings=True) == []


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("- {id: one, do: D}\n- {id: one, call: b}\n", "5:8: The id `one` is used in line 4 too."),
        ("- {id: incident, do: D}\n", "4:8: `incident` has a meaning of its own."),
        (
            "- {id: one, do: D, run: aws.nothing}\n",
            "4:25: There is no action `aws.nothing`. There are: aws.iam.delete,",
        ),
        (
            "- {id: one, do: D, run: delete}\n",
            "4:25: `delete` may be more than one action. Write one of: aws.iam.delete, aws.ssm.delete.",
        ),
        ("- {id: one, do: D, run: waf.block}\n", "4:25: `aws.waf.block` needs the argument `ips`."),
        ("- {id: one, do: D, if: two.x}\n", "4:24: `two.x` names no step."),
        ("- {call: c}\n", "4:10: There is no runbook `c`."),
        ("- {call: a}\n", "4:10: `a` calls this runbook again."),
        ("- {call: b, if: no.x}\n", "4:17: `no.x` names no step."),
        (
            "- {id: r, repeat: {every: 1m, until: no.x}, steps: [{id: s, do: D}]}\n",
            "4:38: `no.x` names no step.",
        ),
    ],
)
def test_what_does_not_hold_together_is_told(steps: str, fault: str) -> None:
    known = Known(
        actions=KNOWN.actions,
        collectors=KNOWN.collectors,
        roles=KNOWN.roles,
        runbooks=books(b="{id: x, do: D}"),
    )
    found = said(HEAD + steps, known)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_runbooks_that_call_each_other_in_a_ring_are_told() -> None:
    ring = books(b="{call: c}", c="{call: a}, {call: b}")
    known = Known(runbooks=ring)
    assert "`b` calls this runbook again" in said(HEAD + "- {call: b}\n", known)[0]


@pytest.mark.parametrize(
    ("forbid", "run"),
    [
        ("aws.waf.block", "waf.block"),
        ("waf.block", "aws.waf.block"),
        ("entra.disable_user", "idp.disable_user"),
        ("idp.disable_user", "entra.disable_user"),
        ("audit.repair", "audit.repair"),
    ],
)
def test_what_the_head_forbids_is_not_run_under_any_name(forbid: str, run: str) -> None:
    head = f"runbook: a\ntitle: T\nforbid: [{forbid}]\nsteps:\n"
    assert any("is forbidden at the head" in each for each in said(f"{head}- {{id: s, do: D, run: {run}}}\n"))
    known = Known(
        actions=ACTIONS,
        bindings=KNOWN.bindings,
        runbooks=books(b="{call: c}", c=f"{{id: x, do: D, run: [aws.iam.delete, {run}]}}"),
    )
    assert said(f"{head}- {{call: b}}\n", known) == [
        f"5:10: `b` runs `{run}`, which is forbidden at the head of this file. "
        "Call another runbook, or take it out of `forbid`."
    ]


def test_what_is_not_known_here_is_not_checked() -> None:
    text = HEAD + "- {id: s, do: D, run: any.thing, owner: anybody, keep: anything}\n"
    assert said(text, Known()) == []


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (
            "{id: a, do: D, owner: [cto]}",
            "4:25: warning: There is no role `cto` here. There are: ciso, oncall.",
        ),
        ("{id: a, do: D, owner: ciso, approve: x}", "4:40: warning: There is no role `x` here."),
        ("{id: a, do: D, owner: ciso, keep: [x]}", "4:37: warning: There is no collector `x` here."),
        (
            "{id: a, do: D, owner: ciso, run: okta.lock}",
            "4:36: warning: No action of `okta` is set up here, so `okta.lock` would fail.",
        ),
    ],
)
def test_what_may_only_be_missing_here_is_a_warning(step: str, fault: str) -> None:
    (found,) = said(f"{HEAD}- {step}\n", warnings=True)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("ask", "warned"),
    [
        *(("db_password: text", True), ("apiToken: text", True), ("KEY: '{{ incident.id }}'", True)),
        *(("passage: text", False), ("key: [old, new]", False), ("key_id: text", False)),
    ],
)
def test_an_answer_that_sounds_like_a_secret_is_warned_of(ask: str, warned: bool) -> None:
    text = f"runbook: a\ntitle: T\nsteps:\n- {{id: a, do: D, owner: oncall, ask: {{{ask}}}}}\n"
    assert any("sounds like a secret" in fault for fault in said(text, warnings=True)) is warned


def test_a_missing_role_is_marked_so_that_many_can_be_summed_up() -> None:
    text = "runbook: a\ntitle: T\nsteps:\n- {id: a, do: D, owner: cto, keep: nothing.known}\n"
    found = lint(look_over(text, "x.yml"), KNOWN)
    assert sorted(fault.role for fault in found) == ["", "cto"]


def test_warnings_keep_nothing_from_loading() -> None:
    long = HEAD + "- {id: s, do: Join #here\n   , owner: oncall}\n- {id: t, do: D}\n" + "#" * MOST_BYTES
    found = said(long, warnings=True)
    assert [each.partition(" ")[0] for each in found] == ["1:10:", "4:15:", "6:8:"]
    assert all("warning" in each for each in found)
    assert said(long) == []


def test_a_file_of_which_nothing_can_be_made_keeps_its_faults() -> None:
    assert "This is not YAML" in said("a: [")[0]
