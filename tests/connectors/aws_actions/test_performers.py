"""The contract of every action of AWS, against moto: done once, read back, undone, rehearsed in silence.

Deployments of ECS and look-ups of CloudTrail are unknown to moto; test_ecs and test_cloudtrail stub them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from aws_rigs import KEY, RIGS, Killed, Recording, Rig, no_network, set_up
from tocsin.connectors.aws_actions.collectors import COLLECTORS
from tocsin.connectors.aws_actions.performers import PERFORMERS
from tocsin.domain.acting import Call, Seen
from tocsin.domain.playing import drive, rehearse

PAGE = Path(__file__).parents[3] / "docs" / "actions-aws.md"
RENAMED = {"GetObjectLockConfiguration": "GetBucketObjectLockConfiguration"}
RARE = {
    "ec2:CreateTags",
    "iam:GetAccessKeyLastUsed",
    "iam:GetRolePolicy",
    "iam:GetUserPolicy",
    "kms:Decrypt",
    "wafv2:GetIPSet",
    "wafv2:GetWebACL",
}
STUBBED = {"aws.ecs.redeploy", "aws.cloudtrail.watch_key", "aws.s3.check_audit_bucket"}


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with set_up(request.param) as made:
        yield made


def before(rig: Rig, caller: Recording) -> Mapping[str, Any]:
    """Return what the undo needs, as it comes back out of the store."""
    kept = drive(rig.performer.before(rig.arguments), caller.of)
    read: Mapping[str, Any] = json.loads(json.dumps(kept))
    return read


def perform(rig: Rig, kept: Mapping[str, Any], caller: Recording) -> None:
    drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)


def test_done_twice_is_done_once_and_read_back(rig: Rig) -> None:
    caller = Recording()
    untouched, kept = rig.state(), before(rig, caller)
    assert drive(rig.performer.seen(rig.arguments, kept, KEY), caller.of) is Seen.NOT_DONE
    assert drive(rig.performer.verify(rig.arguments, kept), caller.of) is (False if rig.is_told else None)
    perform(rig, kept, caller)
    once = rig.state()
    assert (once != untouched) is rig.is_told
    assert drive(rig.performer.verify(rig.arguments, kept), caller.of) is (True if rig.is_told else None)
    seen = drive(rig.performer.seen(rig.arguments, kept, KEY), caller.of)
    assert seen is (Seen.DONE if rig.is_told else Seen.NOT_DONE)
    perform(rig, kept, caller)
    assert rig.state() == once


def test_a_kill_after_any_call_is_made_good(rig: Rig) -> None:
    caller = Recording()
    kept = before(rig, caller)
    with pytest.raises(Killed):
        perform(rig, kept, Recording(dies_after=1))
    if drive(rig.performer.seen(rig.arguments, kept, KEY), caller.of) is Seen.NOT_DONE:
        perform(rig, kept, caller)
    assert drive(rig.performer.verify(rig.arguments, kept), caller.of) is (True if rig.is_told else None)
    once = rig.state()
    perform(rig, kept, caller)
    assert rig.state() == once


def test_an_undo_puts_back_what_was_byte_for_byte(rig: Rig) -> None:
    declaration, caller = rig.performer.declaration, Recording()
    assert (declaration.undo is None) == (rig.performer.undo is None)
    if rig.performer.undo is None:
        assert declaration.no_undo.endswith(".")
        return
    untouched, kept = rig.state(), before(rig, caller)
    perform(rig, kept, caller)
    for _ in range(2):
        drive(rig.performer.undo(rig.arguments, kept, KEY), caller.of)
        assert rig.put_back(rig.state()) == rig.put_back(untouched)
    assert drive(rig.performer.verify(rig.arguments, kept), caller.of) is False


def test_an_undo_that_was_killed_is_made_good(rig: Rig) -> None:
    if rig.performer.undo is None:
        return
    untouched, kept = rig.state(), before(rig, Recording())
    perform(rig, kept, Recording())
    with pytest.raises(Killed):
        drive(rig.performer.undo(rig.arguments, kept, KEY), Recording(dies_after=1).of)
    drive(rig.performer.undo(rig.arguments, kept, KEY), Recording().of)
    assert rig.put_back(rig.state()) == rig.put_back(untouched)


def test_a_rehearsal_is_silent_and_lists_the_calls_of_the_real_run(rig: Rig) -> None:
    """Once from samples alone, as it is shown before anybody has looked, and once from what was read."""
    caller = Recording()
    drive(rig.performer.objects(rig.arguments), caller.of)
    really_kept = before(rig, caller)
    with no_network():
        objects = rehearse(rig.performer.objects(rig.arguments))
        kept = rehearse(rig.performer.before(rig.arguments))
        guessed = rehearse(rig.performer.perform(rig.arguments, kept.given, KEY))
        known = rehearse(rig.performer.perform(rig.arguments, really_kept, KEY))
    perform(rig, really_kept, caller)
    real = [told(call, rig) for call in caller.calls]
    assert [told(call, rig) for call in (*objects.calls, *kept.calls, *known.calls)] == real
    if rig.is_guessed:
        assert [told(call, rig) for call in (*objects.calls, *kept.calls, *guessed.calls)] == real


def told(call: Call, rig: Rig) -> Any:
    """Return a call with the values that are known before anything was read."""
    known = {name: value for name, value in call.parameters.items() if name not in rig.learned}
    return call.service, call.operation, call.changes, known


def test_only_perform_and_undo_change_anything_and_rights_and_secrets_are_kept(rig: Rig) -> None:
    declaration, caller = rig.performer.declaration, Recording()
    objects = drive(rig.performer.objects(rig.arguments), caller.of)
    assert any(objects.values())
    kept = before(rig, caller)
    drive(rig.performer.seen(rig.arguments, kept, KEY), caller.of)
    drive(rig.performer.verify(rig.arguments, kept), caller.of)
    assert not any(call.changes for call in caller.calls)
    outcome = drive(rig.performer.perform(rig.arguments, kept, KEY), caller.of)
    if rig.performer.undo is not None:
        drive(rig.performer.undo(rig.arguments, kept, KEY), caller.of)
    asked = {right.name for right in declaration.rights}
    made = {f"{call.service.split('.')[1]}:{call.operation}" for call in caller.calls}
    assert made - {"clock:Now"} <= asked
    shown = [
        value for call in caller.calls for name, value in call.parameters.items() if name not in call.secret
    ]
    said = json.dumps([kept, outcome.text, outcome.output, shown], default=str)
    secrets = {rig.arguments[each.name] for each in declaration.parameters if each.secret}
    assert not any(value in said for value in secrets | {"leaked"})


@pytest.mark.parametrize("performer", PERFORMERS, ids=lambda each: each.declaration.name)
def test_a_declaration_says_all_of_itself(performer) -> None:
    declared = performer.declaration
    names = {each.name for each in declared.parameters}
    assert declared.name.startswith("aws.")
    assert declared.residual.remains.endswith(".")
    assert declared.repeat_rule.endswith(".")
    assert declared.rights
    assert not declared.blast.counted or declared.blast.counted in names
    assert (performer.undo is None) == (declared.undo is None) == bool(declared.no_undo)
    closed_by = declared.residual.closed_by
    others = {each.declaration.name for each in PERFORMERS}
    assert not closed_by.startswith("aws.") or closed_by in others - {declared.name}


def test_every_action_is_put_through_the_contract() -> None:
    names = [each.declaration.name for each in PERFORMERS]
    assert len(set(names)) == len(names)
    assert set(names) == {name for name, _ in RIGS.values()} | STUBBED


def test_actions_load_without_the_sdk_and_without_settings() -> None:
    code = (
        "import sys; from tocsin.connectors.aws_actions import collectors, performers, manifest;"
        "print([name for name in ('boto3', 'botocore', 'httpx', 'ssl') if name in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert told.stdout.strip() == "[]"


def test_the_page_tells_of_every_action_and_its_policy_grants_exactly_what_is_called() -> None:
    page = PAGE.read_text()
    policy = json.loads(page.partition("```json\n")[2].partition("```")[0])
    evidence, actions, never = (set(each["Action"]) for each in policy["Statement"])
    assert actions == {right.name for each in PERFORMERS for right in each.declaration.rights}
    asked = {"role": "r", "bucket": "b", "parameter": "p", "instance": "i", "cluster": "c", "service": "s"}
    users = {**asked, "role": "", "user": "u"}
    called = {
        f"{call.service.split('.')[1]}:{RENAMED.get(call.operation, call.operation)}"
        for each in COLLECTORS
        for given in (asked, users if each.parameters != ("role",) else asked)
        for call in rehearse(each.gather(given)).calls
    }
    assert called - {"clock:Now"} <= evidence
    # Asked for only where there is such a policy or key, or together with another right.
    assert evidence - called == RARE
    assert not never & (evidence | actions)
    for each in PERFORMERS:
        declared = each.declaration
        row = next(line for line in page.splitlines() if line.startswith(f"| `{declared.name}` |"))
        assert declared.residual.remains in row
        assert (declared.undo.does if declared.undo else declared.no_undo) in row or "Only reads" in row
    assert all(f"| `{each.name}` |" in page for each in COLLECTORS)
