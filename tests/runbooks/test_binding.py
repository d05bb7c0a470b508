"""Short names of actions become whole ones, and an argument that stands alone gets its name."""

from __future__ import annotations

import pytest

from declared import declaration, parameter
from tocsin.domain.action import ActionClass, ParameterKind
from tocsin.domain.bindings import bindings_for
from tocsin.domain.runbook import Called, Parallel, Repeat, Step, StepAction
from tocsin.runbooks.binding import action_meant, arguments_named, bound
from tocsin.runbooks.reading import read

TEXT = ParameterKind.TEXT
BLOCK = declaration(
    "aws.waf.block",
    ActionClass.CONTAIN,
    parameter("list", TEXT, required=False),
    parameter("ips", ParameterKind.NETWORKS),
)
OFF = declaration("entra.disable_user", ActionClass.CONTAIN, parameter("user", TEXT))
PAGE = declaration("tocsin.page", ActionClass.NOTIFY, parameter("who", TEXT, required=False))
HUSH = declaration("tocsin.hush", ActionClass.NOTIFY)
KNOWN = {each.name: each for each in (BLOCK, OFF, PAGE, HUSH)}
ENTRA = bindings_for("entra")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("aws.waf.block", "aws.waf.block"),
        ("waf.block", "aws.waf.block"),
        ("idp.disable_user", "entra.disable_user"),
        ("page", "tocsin.page"),
        ("idp.nothing", ""),
        ("af.block", ""),
    ],
)
def test_a_short_name_means_one_action(name: str, meant: str) -> None:
    assert action_meant(name, KNOWN, ENTRA) == meant


def test_a_short_name_of_two_actions_means_none() -> None:
    assert action_meant("waf.block", {*KNOWN, "gcp.waf.block"}, ENTRA) == ""


def test_a_port_that_is_an_action_of_its_own_stands_for_itself() -> None:
    assert action_meant("idp.disable_user", {"idp.disable_user"}, ENTRA) == "idp.disable_user"


def test_an_argument_that_stands_alone_is_the_first_that_is_required() -> None:
    alone = StepAction(action="x", arguments={"": "a"})
    assert arguments_named(alone, BLOCK) == {"ips": "a"}
    assert arguments_named(alone, PAGE) == {"who": "a"}
    assert arguments_named(alone, HUSH) == {"": "a"}
    named = StepAction(action="x", arguments={"ips": "b"})
    assert arguments_named(named, BLOCK) == {"ips": "b"}


def test_all_actions_of_a_runbook_are_made_whole() -> None:
    book = read(
        """\
runbook: a
title: T
steps:
- parallel:
  - {id: a, do: D, run: [{page: ben}, other.thing]}
  - {id: b, do: D, run: waf.block, with: {ips: 192.0.2.1, for: 1h}}
- {id: r, repeat: {every: 1m, until: b.done}, steps: [{id: c, do: D, run: [idp.disable_user: eve]}]}
- {call: b}
""",
        "a.yml",
    )
    parallel, repeat, called = bound(book, KNOWN, ENTRA).nodes
    assert isinstance(parallel, Parallel)
    assert isinstance(repeat, Repeat)
    first, second, third = parallel.branches[0][0], parallel.branches[1][0], repeat.nodes[0]
    assert isinstance(first, Step)
    assert isinstance(second, Step)
    assert isinstance(third, Step)
    assert first.actions == (
        StepAction(action="tocsin.page", arguments={"who": "ben"}),
        StepAction(action="other.thing"),
    )
    assert [action.action for action in (*second.actions, *third.actions)] == [
        "aws.waf.block",
        "entra.disable_user",
    ]
    assert third.actions[0].arguments == {"user": "eve"}
    assert second.actions[0].revert_after is not None
    assert called == Called(call_id="b", runbook="b", line=8)
