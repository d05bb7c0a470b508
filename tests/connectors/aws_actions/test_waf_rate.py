"""A limit is one rule more; every other rule and setting of the web ACL stays as it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aws_rigs import AWS, KEY, Recording, set_up
from tocsin.connectors.aws_actions.waf_block import MOST_TRIES
from tocsin.connectors.aws_actions.waf_rate import CARRIED, window_s
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive
from tocsin.domain.ports.delivery import FailureKind

WHAT = "a path limited"


def test_all_that_an_update_could_take_away_is_sent_back() -> None:
    model = AWS("wafv2").meta.service_model.operation_model("UpdateWebACL").input_shape.members
    assert set(CARRIED) == set(model) - {"Name", "Scope", "Id", "Rules", "LockToken"}


def test_the_rule_is_the_one_that_was_asked_for() -> None:
    with set_up(WHAT) as rig:
        drive(rig.performer.perform(rig.arguments, {"was_there": False}, KEY), Recording().of)
        other, ours = rig.state()["Rules"]
    assert (other["Name"], other["Priority"], ours["Priority"]) == ("countries", 0, 1)
    limit = ours["Statement"]["RateBasedStatement"]
    assert (limit["Limit"], limit["EvaluationWindowSec"], limit["AggregateKeyType"]) == (100, 300, "IP")
    assert "/auth" in str(limit["ScopeDownStatement"]["ByteMatchStatement"])
    assert ours["Action"] == {"Block": {}}


def test_another_limit_of_the_same_path_is_another_rule() -> None:
    with set_up(WHAT) as rig:
        for limit in (100, 50):
            given = {**rig.arguments, "per_ip": limit}
            drive(rig.performer.perform(given, {"was_there": False}, KEY), Recording().of)
        drive(rig.performer.undo(rig.arguments, {"was_there": False}, KEY), Recording().of)
        names = [rule["Name"] for rule in rig.state()["Rules"]]
    assert len(names) == 2
    assert names[1].endswith("-50-300")


def test_a_limit_that_was_there_before_stays_after_an_undo() -> None:
    with set_up(WHAT) as rig:
        drive(rig.performer.perform(rig.arguments, {"was_there": False}, KEY), Recording().of)
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        drive(rig.performer.undo(rig.arguments, kept, KEY), Recording().of)
        assert len(rig.state()["Rules"]) == 2


@pytest.mark.parametrize(
    "given",
    [{"window": timedelta(minutes=3)}, {"per_ip": 9}, {"per_ip": 3_000_000_000}, {"web_acl": "other"}],
)
def test_what_the_waf_would_not_take_is_refused(given) -> None:
    with set_up(WHAT) as rig, pytest.raises(CallFailed) as failed:
        drive(rig.performer.perform({**rig.arguments, **given}, {"was_there": False}, KEY), Recording().of)
    assert failed.value.kind is FailureKind.REFUSED


def test_a_window_is_a_duration_or_seconds_and_five_minutes_if_left_out() -> None:
    assert (window_s({}), window_s({"window": 60}), window_s({"window": timedelta(minutes=10)})) == (
        300,
        60,
        600,
    )


class Beaten:
    """Refuses every write with one code."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.tries = 0

    def call(self, call):
        if call.changes:
            self.tries += 1
            raise CallFailed(FailureKind.REFUSED, "no", code=self.code)
        return call.sample


@pytest.mark.parametrize(
    ("code", "kind", "tries"),
    [
        ("WAFOptimisticLockException", FailureKind.RETRY_LATER, MOST_TRIES),
        ("WAFLimitsExceededException", FailureKind.REFUSED, 1),
    ],
)
def test_only_a_lost_race_is_tried_again(code: str, kind: FailureKind, tries: int) -> None:
    beaten = Beaten(code)
    with set_up(WHAT) as rig, pytest.raises(CallFailed) as failed:
        drive(rig.performer.perform(rig.arguments, {"was_there": False}, KEY), lambda _: beaten)
    assert (failed.value.kind, beaten.tries) == (kind, tries)
