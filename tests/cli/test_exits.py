"""The exit codes are few, and each refusal has one."""

from __future__ import annotations

import pytest

from tocsin.app.drills import ServerUnreachable
from tocsin.audit.growth import LogForked, LogShrank
from tocsin.cli.exits import Exit, exit_of, worst
from tocsin.domain.errors import Explained, Misconfigured, NotFound, Overloaded
from tocsin.incidents.lifecycle import MoveRefused, ReasonMissing


class NotSignedIn(Explained):
    code = "not_signed_in"


class Missing(NotFound):
    code = "some_code_of_its_own"


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Missing, Exit.NOT_FOUND),
        (Overloaded, Exit.FAILED),
        (Misconfigured, Exit.FAILED),
        (NotSignedIn, Exit.LOGIN),
        (MoveRefused, Exit.REFUSED),
        (ReasonMissing, Exit.REFUSED),
        (ServerUnreachable, Exit.UNREACHABLE),
    ],
)
def test_a_refusal_ends_with_its_code(refusal: type[Explained], code: Exit) -> None:
    assert exit_of(refusal("a", means="b", next_step="c")) is code


@pytest.mark.parametrize("refusal", [LogShrank, LogForked])
def test_a_log_that_was_changed_ends_with_7(refusal: type[Explained]) -> None:
    assert exit_of(refusal.__new__(refusal)) is Exit.BROKEN


def test_the_numbers_are_the_documented_ones() -> None:
    assert [int(code) for code in Exit] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 130]
    assert all(code.meaning for code in Exit)


def test_of_several_the_weightiest_wins() -> None:
    assert worst([Exit.FAILED, Exit.PROBLEMS]) is Exit.PROBLEMS
    assert worst([Exit.PROBLEMS, Exit.BROKEN, Exit.UNREACHABLE]) is Exit.BROKEN
    assert worst([]) is Exit.OK
