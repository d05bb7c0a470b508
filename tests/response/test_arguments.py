"""Arguments: every kind checked, secrets sealed, and a digest that any change breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acting_world import SCALE, declared
from tocsin.domain.action import ActionClass, Demand, Parameter, ParameterKind, Residual
from tocsin.response.arguments import (
    ArgumentsWrong,
    arguments_digest,
    checked,
    completed,
    digest_of,
    read_duration,
    restored,
    shown,
    stored,
)
from tocsin.store.vault import KeyVault

VAULT = KeyVault(b"k" * 32)
K = ParameterKind
ONE = SCALE.declaration


def of_kind(kind: ParameterKind, **given: Any) -> Any:
    parameter = Parameter(name="x", kind=kind, summary="It.", **given)
    return declared("fake.any", parameters=(parameter,))


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (K.TEXT, "a\nb", "a\nb"),
        (K.TEXT, 7, "7"),
        (K.TEXTS, "a", ("a",)),
        (K.TEXTS, ["a", "b", "a"], ("a", "b")),
        (K.NUMBER, "4", 4),
        (K.NUMBER, 4.5, 4.5),
        (K.FLAG, True, True),
        (K.FLAG, "false", False),
        (K.DURATION, "1h30m", timedelta(minutes=90)),
        (K.DURATION, timedelta(hours=1), timedelta(hours=1)),
        (K.NETWORKS, "203.0.113.7", ("203.0.113.7/32",)),
        (K.NETWORKS, ["10.0.0.9/24", "10.0.0.1/24", "2001:db8::1"], ("10.0.0.0/24", "2001:db8::1/128")),
        (K.MAP, {"a": [1]}, {"a": [1]}),
    ],
)
def test_each_kind_is_read(kind: ParameterKind, given: Any, value: Any) -> None:
    declaration = of_kind(kind)
    values = checked(declaration, {"x": given})
    assert values == {"x": value}
    assert restored(declaration, stored(declaration, values, VAULT), VAULT) == values


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (K.TEXT, True),
        (K.TEXT, ["a"]),
        (K.TEXT, "a\x00b"),
        (K.TEXT, "a" * 16_385),
        (K.TEXTS, []),
        (K.TEXTS, 5),
        (K.TEXTS, ["a"] * 1_001),
        (K.NUMBER, "four"),
        (K.NUMBER, float("inf")),
        (K.NUMBER, True),
        (K.FLAG, "yes"),
        (K.FLAG, 1),
        (K.DURATION, "soon"),
        (K.NETWORKS, "10.0.0.0/33"),
        (K.NETWORKS, "example.org"),
        (K.MAP, "a"),
        (K.MAP, {"a": float("nan")}),
        (K.MAP, {"a": object()}),
        (K.MAP, {"a": "b" * 16_385}),
        (K.MAP, {"sealed": "a", "fingerprint": "b"}),
    ],
)
def test_what_is_of_another_kind_is_refused_without_showing_it(kind: ParameterKind, given: Any) -> None:
    with pytest.raises(ArgumentsWrong, match="x is no") as refused:
        checked(of_kind(kind), {"x": given})
    assert len(refused.value.happened) < 200


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(ArgumentsWrong) as refused:
        checked(ONE, {"colour": 1, "token": ["x"]})
    assert len(refused.value.faults) == 3


def test_what_is_not_required_may_be_left_out() -> None:
    values = checked(ONE, {"count": 0, "token": ""})
    assert values == {"count": 0}
    assert stored(ONE, values, VAULT) == {"count": 0}


def test_an_action_that_names_the_incident_to_partners_gets_its_name() -> None:
    named = Parameter(name="incident_key", kind=K.TEXT, summary="Which.", required=False)
    taking = replace(ONE, parameters=(named,))
    assert completed(taking, {}, "tocsin-7") == {"incident_key": "tocsin-7"}
    assert completed(taking, {"incident_key": "other"}, "tocsin-7") == {"incident_key": "other"}
    assert completed(replace(ONE, parameters=()), {}, "tocsin-7") == {}


def test_a_secret_is_sealed_masked_and_bound_by_a_keyed_fingerprint() -> None:
    values = checked(ONE, {"count": 0, "token": "s3cret"})
    kept = stored(ONE, values, VAULT)
    assert "s3cret" not in repr(kept)
    assert shown(kept) == {"count": 0, "token": "***"}
    assert restored(ONE, kept, VAULT) == values
    again, other = stored(ONE, values, VAULT), stored(ONE, {**values, "token": "x"}, VAULT)
    assert arguments_digest(kept) == arguments_digest(again) != arguments_digest(other)
    assert arguments_digest(stored(ONE, values, KeyVault(b"o" * 32))) != arguments_digest(kept)


KEPT = {"count": 0}
DEMANDS = (Demand(collector="logs.export", of="t1"),)
DIGEST = digest_of(ONE, ActionClass.CONTAIN, KEPT, DEMANDS, {})


@pytest.mark.parametrize(
    "changed",
    [
        (replace(ONE, name="fake.other"), ActionClass.CONTAIN, KEPT, DEMANDS, {}),
        (ONE, ActionClass.RECOVER, KEPT, DEMANDS, {}),
        (ONE, ActionClass.CONTAIN, {"count": 1}, DEMANDS, {}),
        (ONE, ActionClass.CONTAIN, KEPT, (), {}),
        (ONE, ActionClass.CONTAIN, KEPT, (Demand(collector="logs.export", of="t2"),), {}),
        (ONE, ActionClass.CONTAIN, KEPT, DEMANDS, {"revert_after": "5m"}),
        (replace(ONE, undo=None, no_undo="Gone."), ActionClass.CONTAIN, KEPT, DEMANDS, {}),
        (replace(ONE, residual=Residual(remains="Nothing")), ActionClass.CONTAIN, KEPT, DEMANDS, {}),
    ],
)
def test_any_change_gives_another_digest(changed: Any) -> None:
    assert digest_of(*changed) != DIGEST
    assert digest_of(ONE, ActionClass.CONTAIN, dict(KEPT), list(DEMANDS), {}) == DIGEST


@given(st.integers(0, 10**6))
def test_lengths_of_time_are_read_back(seconds: int) -> None:
    declaration = of_kind(K.DURATION)
    values = checked(declaration, {"x": timedelta(seconds=seconds)})
    assert restored(declaration, stored(declaration, values, VAULT), VAULT) == values


@pytest.mark.parametrize("text", ["", "5", "5m5h", "-5m"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="length of time"):
        read_duration(text)
