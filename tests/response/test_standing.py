"""Consent in advance: within bounds, for a time, so often an hour, and only for what can be taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from acting_world import SCALE, declared
from nouns import NOON, a_standing_approval, an_action, later
from tocsin.domain.action import ActionClass, Approval, Parameter, ParameterKind, StandingApproval, Undo
from tocsin.response.standing import StandingRefused, check_given, is_live, usable, uses

BLOCK = declared(
    "fake.block",
    parameters=(
        Parameter(name="ips", kind=ParameterKind.NETWORKS, summary="Which."),
        Parameter(name="scope", kind=ParameterKind.TEXT, summary="Where.", required=False),
    ),
    undo=Undo(does="Removes them."),
    no_undo="",
)


def standing(**given: Any) -> StandingApproval:
    return a_standing_approval(
        **{
            "number": 3,
            "action": "fake.block",
            "bounds": {"ips": ("203.0.113.0/24", "2001:db8::/32")},
            "trigger": (),
            "per_hour": 2,
            **given,
        }
    )


def test_a_sound_one_is_given() -> None:
    check_given(standing(), BLOCK, NOON)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"person": "token:ci"}, "only a signed-in person"),
        ({"action": "fake.other"}, "it is for fake.other"),
        ({"expires_at": NOON}, "end within 90 days"),
        ({"expires_at": later(91 * 86400)}, "end within 90 days"),
        ({"per_hour": 0}, "1 to 100"),
        ({"per_hour": 101}, "1 to 100"),
        ({"bounds": {}}, "ips has no bounds"),
        ({"bounds": {"ips": ("*",), "colour": ("red",)}}, "colour cannot be bound"),
        ({"bounds": {"ips": ()}}, "ips cannot be bound"),
    ],
)
def test_one_that_goes_too_far_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(StandingRefused) as refused:
        check_given(standing(**changed), BLOCK, NOON)
    assert any(says in each for each in refused.value.faults)


def test_a_secret_is_not_bound() -> None:
    given = standing(action="fake.scale", bounds={"count": ("0",), "token": ("x",)})
    with pytest.raises(StandingRefused, match="token cannot be bound"):
        check_given(given, SCALE.declaration, NOON)
    check_given(replace(given, bounds={"count": ("0",)}), SCALE.declaration, NOON)


def test_what_cannot_be_undone_has_none_but_for_the_rollback_of_a_failed_deployment() -> None:
    final = replace(BLOCK, undo=None, no_undo="Gone.")
    with pytest.raises(StandingRefused, match="only what can be undone"):
        check_given(standing(), final, NOON)
    rollback = replace(final, action_class=ActionClass.ROLLBACK)
    check_given(standing(trigger=("deployment-failure",)), rollback, NOON)
    with pytest.raises(StandingRefused):
        check_given(standing(trigger=("deployment-failure", "security")), rollback, NOON)
    with pytest.raises(StandingRefused):
        check_given(standing(), rollback, NOON)


def used(*approvals: StandingApproval, arguments: Any = None, type: str = "security", **more: Any) -> bool:
    given = {"ips": ("203.0.113.7/32",)} if arguments is None else arguments
    return bool(usable(approvals, BLOCK, given, type, more.get("begun", ()), more.get("now", NOON)))


def test_it_is_used_within_its_bounds_only() -> None:
    assert used(standing())
    assert used(standing(), arguments={"ips": ["2001:db8::1/128"]})
    assert not used(standing(), arguments={"ips": ("198.51.100.7/32",)})
    assert not used(standing(), arguments={"ips": ("203.0.0.0/16",)})
    assert not used(standing(), arguments={"ips": ("203.0.113.7/32", "198.51.100.7/32")})
    assert used(standing(bounds={"ips": ("*",)}), arguments={"ips": ("198.51.100.7/32",)})


def test_an_argument_without_bounds_is_never_meant() -> None:
    with_scope = {"ips": ("203.0.113.7/32",), "scope": "global"}
    assert not used(standing(), arguments=with_scope)
    bounds = {"ips": ("*",), "scope": ("glo*", "regional")}
    assert used(standing(bounds=bounds), arguments=with_scope)
    assert used(standing(bounds=bounds), arguments={**with_scope, "scope": "regional"})
    assert not used(standing(bounds=bounds), arguments={**with_scope, "scope": "other"})


def test_another_action_type_or_time_does_not_use_it() -> None:
    assert not used(standing(action="fake.other"))
    assert used(standing(trigger=("security",)))
    assert not used(standing(trigger=("drift",)))
    assert not used(standing(), now=later(86400))
    assert not is_live(standing(revoked_at=NOON), NOON)
    assert not used(standing(revoked_at=NOON))


def test_its_cap_counts_each_use_within_the_hour() -> None:
    by = Approval(person="dana", role="approver", at=NOON, digest="d" * 64, standing=3)
    other = replace(by, standing=4)
    begun = [an_action(begun_at=later(-10), approvals=(each,)) for each in (by, by, other)]
    old = an_action(begun_at=later(-3600), approvals=(by,))
    waiting = an_action(approvals=(by,))
    assert uses(standing(), [*begun, old, waiting], NOON) == 2
    assert not used(standing(), begun=begun)
    assert used(standing(per_hour=3), begun=begun)
