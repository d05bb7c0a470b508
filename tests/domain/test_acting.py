"""What a performer does not give goes through as an empty play: nobody has to ask whether it is there."""

from __future__ import annotations

from declared import declaration
from tocsin.domain.acting import Call, CallFailed, Outcome, Performer, Seen
from tocsin.domain.action import ActionClass
from tocsin.domain.playing import rehearse
from tocsin.domain.ports.delivery import FailureKind


def _stop(arguments, kept, key):
    yield Call(service="fake", operation="Stop", changes=True)
    return Outcome(text=f"{key} stopped it")


def _seen(arguments, kept, key):
    yield Call(service="fake", operation="Look")
    return Seen.DONE


def _verify(arguments, kept):
    yield Call(service="fake", operation="Look")
    return True


PERFORMER = Performer(
    declaration=declaration("fake.stop", ActionClass.CONTAIN, undone=False),
    perform=_stop,
    seen=_seen,
    verify=_verify,
)


def test_what_names_no_objects_and_keeps_nothing_asks_for_no_call():
    for play in (PERFORMER.objects({}), PERFORMER.before({})):
        gone_through = rehearse(play)
        assert (gone_through.calls, gone_through.given) == ((), {})


def test_without_an_undo_there_is_none_to_play():
    assert PERFORMER.undo is None


def test_a_failed_call_tells_its_kind_and_the_partners_own_word():
    failed = CallFailed(FailureKind.REFUSED, "No right.", code="AccessDenied", status=403)
    assert (str(failed), failed.kind, failed.code, failed.status) == (
        "No right.",
        FailureKind.REFUSED,
        "AccessDenied",
        403,
    )
