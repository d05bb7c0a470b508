"""A parameter is replaced by value, its old value stays with AWS; what is kept of it is kept encrypted."""

from __future__ import annotations

import json

import pytest

from aws_rigs import AWS, KEY, Recording, set_up
from tocsin.connectors.aws_actions.ssm import COLLECTORS
from tocsin.domain.acting import CallFailed, Seen
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

(DOCUMENT,) = COLLECTORS
WHAT = "a parameter replaced"


def test_the_version_before_is_labelled_and_so_never_dropped() -> None:
    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        assert kept["version"] == 1
        assert "leaked" not in json.dumps(kept)
        drive(rig.performer.perform(rig.arguments, kept, KEY), Recording().of)
        (first, second) = rig.state()["versions"]
    assert first[:2] == (1, "leaked")
    assert first[2][0].startswith("tocsin-before-")
    assert second == (2, "brand-new-value", [])


def test_equal_values_are_not_written_again() -> None:
    with set_up(WHAT) as rig:
        given = {**rig.arguments, "value": "leaked"}
        kept = drive(rig.performer.before(given), Recording().of)
        caller = Recording()
        told = drive(rig.performer.perform(given, kept, KEY), caller.of)
    assert not any(call.changes for call in caller.calls)
    assert told.output == {"parameter": "/web/secret", "version": 1}


def test_a_value_that_somebody_else_wrote_meanwhile_cannot_be_told() -> None:
    with set_up(WHAT) as rig:
        kept = drive(rig.performer.before(rig.arguments), Recording().of)
        AWS("ssm").put_parameter(Name="/web/secret", Value="third", Overwrite=True)
        assert drive(rig.performer.seen(rig.arguments, kept, KEY), Recording().of) is Seen.CANNOT_TELL


def test_the_value_is_kept_with_its_history_and_only_encrypted() -> None:
    assert DOCUMENT.encrypts
    with set_up(WHAT) as rig:
        AWS("ssm").put_parameter(Name="/web/secret", Value="second", Overwrite=True)
        for given in ({"parameter": "/web/secret"}, {"parameter": "x", "of": ("/web/secret",)}):
            (kept,) = drive(DOCUMENT.gather(given), Recording().of)
            found = json.load(kept.content)
            assert (kept.of, kept.gap) == ("/web/secret", "")
            assert found["parameter"]["Value"] == "second"
            assert [each["Value"] for each in found["history"]] == ["leaked", "second"]
        assert rig.state()["value"] == "second"


@pytest.mark.parametrize(
    ("code", "is_gap"), [("AccessDeniedException", True), ("InternalServerError", False)]
)
def test_a_history_that_may_not_be_read_is_a_gap(code: str, is_gap: bool) -> None:
    class Denied:
        def call(self, call):
            if call.operation == "GetParameterHistory":
                raise CallFailed(FailureKind.MISCONFIGURED, "no", code=code)
            return call.sample

    gather = DOCUMENT.gather({"parameter": "/web/secret"})
    if is_gap:
        (kept,) = drive(gather, lambda _: Denied())
        assert "history" in kept.gap
    else:
        with pytest.raises(CallFailed):
            drive(gather, lambda _: Denied())


def test_a_parameter_has_to_be_named() -> None:
    with pytest.raises(CallFailed, match="no parameter"):
        rehearse(DOCUMENT.gather({}))
