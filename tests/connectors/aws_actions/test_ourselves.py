"""Tocsin never locks itself out."""

from __future__ import annotations

import pytest

from aws_rigs import stubbed
from tocsin.connectors.aws_actions.ourselves import refuse_ourselves
from tocsin.domain.acting import CallFailed
from tocsin.domain.playing import drive

ROLE = "arn:aws:sts::111122223333:assumed-role/tocsin/actions"
USER = "arn:aws:iam::111122223333:user/ops/tocsin"


@pytest.mark.parametrize(("arn", "kind"), [(ROLE, "role"), (USER, "user")])
def test_our_own_identity_is_refused(arn: str, kind: str) -> None:
    with (
        stubbed("sts", ("GetCallerIdentity", {}, {"Arn": arn})) as caller,
        pytest.raises(CallFailed, match="itself acts as"),
    ):
        drive(refuse_ourselves(kind, "tocsin"), lambda _: caller)


@pytest.mark.parametrize(
    ("arn", "kind", "name"),
    [
        (ROLE, "role", "deploy"),
        (ROLE, "user", "actions"),
        (USER, "role", "tocsin"),
        (USER, "user", "eve"),
        ("arn:aws:iam::111122223333:root", "user", "eve"),
    ],
)
def test_others_are_not(arn: str, kind: str, name: str) -> None:
    with stubbed("sts", ("GetCallerIdentity", {}, {"Arn": arn})) as caller:
        drive(refuse_ourselves(kind, name), lambda _: caller)
