"""Refusals as HTTP statuses."""

from __future__ import annotations

import pytest

from tocsin.console.refusals import (
    FormIncomplete,
    LinkSpent,
    RoleLacksPermission,
    status_of,
)
from tocsin.domain.errors import Explained, NotFound, Overloaded
from tocsin.domain.person import Permission, Role
from tocsin.incidents.lifecycle import MoveRefused, TextTooLong, UnknownCommander

PARTS = {"means": "Nothing was changed.", "next_step": "Look again."}


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("No.", **PARTS), 404),
        (RoleLacksPermission(Role.VIEWER, Permission.RESPOND), 403),
        (LinkSpent(), 403),
        (FormIncomplete("a note"), 422),
        (UnknownCommander("eve"), 422),
        (TextTooLong("No.", **PARTS), 422),
        (Overloaded("Full.", **PARTS), 503),
        (MoveRefused("No.", **PARTS), 409),
        (Explained("No.", **PARTS), 409),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, Explained) else str(given),
)
def test_a_refusal_has_the_status(refusal, status):
    assert status_of(refusal) == status
    assert all(sentence.endswith(".") for sentence in refusal.explain().split("\n"))


def test_an_unknown_name_is_quoted_and_capped():
    assert len(UnknownCommander("e" * 4000).happened) < 160
