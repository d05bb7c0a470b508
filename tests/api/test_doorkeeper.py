from __future__ import annotations

import base64

import pytest

from nouns import NOON, later
from tocsin.api.doorkeeper import Caller, Doorkeeper, NotAllowed, NotSignedIn, token_in
from tocsin.domain.clock import PushedClock
from tocsin.domain.person import Permission, Role
from tocsin.store.tokens import token_digest

HERE = {"host": "localhost:8420"}


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def door(memory_store, clock):
    with memory_store.transaction() as shelves:
        shelves.tokens.add(token_digest("good"), "prom", Role.INGEST, later(60), NOON)
    return lambda *, is_open=False: Doorkeeper(
        memory_store, clock, frozenset({"localhost", "tocsin.example"}), open_to_loopback=is_open
    )


def test_a_good_token_is_admitted_under_its_name(door) -> None:
    assert door().admit("good", Permission.INGEST) == Caller("prom", Role.INGEST)


@pytest.mark.parametrize("token", [None, "", "bad", "good ", "\ud800"])
def test_no_token_and_a_wrong_one_are_the_same(door, token) -> None:
    with pytest.raises(NotSignedIn):
        door().admit(token, Permission.INGEST)


def test_a_token_ends(door, clock) -> None:
    clock.push(later(60) - NOON)
    with pytest.raises(NotSignedIn):
        door().admit("good", Permission.INGEST)


def test_a_role_must_hold_the_permission(door) -> None:
    with pytest.raises(NotAllowed, match="does not allow to read"):
        door().admit("good", Permission.READ)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_may_be_let_in_without_a_token_but_not_with_a_wrong_one(door, host) -> None:
    assert door(is_open=True).admit_alertmanager(host, HERE) == Caller("loopback", Role.INGEST)
    with pytest.raises(NotSignedIn):
        door(is_open=True).admit_alertmanager(host, {**HERE, "authorization": "Bearer bad"})
    with pytest.raises(NotSignedIn):
        door().admit_alertmanager(host, HERE)


@pytest.mark.parametrize(
    ("headers", "is_local"),
    [
        ({"host": "tocsin.example"}, True),
        ({"host": "[::1]:8420"}, True),
        ({"host": "127.0.0.1", "origin": "https://tocsin.example"}, True),
        ({"host": "127.0.0.1", "origin": "https://evil.example"}, False),
        ({"host": "evil.example"}, False),
        ({}, False),
    ],
)
def test_without_a_token_the_request_must_be_meant_for_this_server(door, headers, is_local) -> None:
    try:
        admitted = door(is_open=True).admit_alertmanager("127.0.0.1", headers) is not None
    except NotSignedIn:
        admitted = False
    assert admitted is is_local


@pytest.mark.parametrize("host", ["10.0.0.1", "", "localhost", "testclient", "0.0.0.0"])
def test_nobody_else_is(door, host) -> None:
    with pytest.raises(NotSignedIn):
        door(is_open=True).admit_alertmanager(host, HERE)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer tocs_1", "tocs_1"),
        ("bearer  tocs_1 ", "tocs_1"),
        ("Basic " + base64.b64encode(b"prom:to:cs").decode(), "to:cs"),
        ("Basic ???", ""),
        ("Basic " + base64.b64encode(b"\xff").decode(), ""),
        ("Digest x", None),
        ("", None),
    ],
)
def test_where_a_token_stands(header, token) -> None:
    assert token_in({"authorization": header}) == token
    assert token_in({}) is None
