"""A user is stopped reversibly first; what cannot be undone wants the reversible step before it."""

from __future__ import annotations

import pytest

from aws_rigs import BY_NAME, KEY, Recording, set_up
from nouns import NOON
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive


def test_an_active_key_is_never_deleted() -> None:
    with set_up("a key turned off") as rig:
        with pytest.raises(CallFailed, match="still active"):
            drive(BY_NAME["aws.iam.delete_key"].perform(rig.arguments, {}, KEY), Recording().of)
        assert "Active" in rig.state()["keys"].values()


def test_a_key_of_somebody_else_is_refused() -> None:
    with set_up("a key turned off") as rig, pytest.raises(CallFailed, match="no such key"):
        drive(rig.performer.before({**rig.arguments, "access_key": "AKIAOTHER"}), Recording().of)


def test_a_key_that_was_off_stays_off_after_an_undo() -> None:
    with set_up("a key deleted") as rig:
        off, caller = BY_NAME["aws.iam.deactivate_key"], Recording()
        kept = drive(off.before(rig.arguments), caller.of)
        drive(off.perform(rig.arguments, kept, KEY), caller.of)
        told = drive(off.undo(rig.arguments, kept, KEY), caller.of)
        assert (set(rig.state()["keys"].values()), told.text) == (
            {"Inactive"},
            "The key is inactive as before.",
        )


def test_what_was_turned_off_says_since_when_it_is_watched() -> None:
    with set_up("a key turned off") as rig:
        told = drive(rig.performer.perform(rig.arguments, {"status": "Active"}, KEY), Recording().of)
    assert told.output["since"] == NOON.isoformat()
    assert set(told.output) >= {"access_key", "since"}


def test_who_was_denied_before_stays_denied_after_an_undo() -> None:
    with set_up("a user denied everything") as rig:
        caller = Recording()
        policy = {"policy": "arn:aws:iam::aws:policy/AWSDenyAll", "was_denied": False}
        drive(rig.performer.perform(rig.arguments, policy, KEY), caller.of)
        kept = drive(rig.performer.before(rig.arguments), caller.of)
        assert kept["was_denied"] is True
        drive(rig.performer.undo(rig.arguments, kept, KEY), caller.of)
        assert drive(rig.performer.verify(rig.arguments, kept), caller.of) is True


@pytest.mark.parametrize("play", ["perform", "verify"])
def test_a_denied_look_at_a_login_is_no_absence(play: str) -> None:
    class Denied:
        def call(self, call):
            raise CallFailed("misconfigured", "no", code="AccessDenied")

    performer = BY_NAME["aws.iam.remove_login"]
    arguments = ({"user": "eve"}, {}, KEY)[: 3 if play == "perform" else 2]
    with pytest.raises(CallFailed):
        drive(getattr(performer, play)(*arguments), lambda _: Denied())
