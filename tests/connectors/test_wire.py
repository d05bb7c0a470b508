"""Addresses nobody should be sent to are refused, whatever name leads to them, and deadlines are kept."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpcore
import pytest

from tocsin.connectors.wire import AddressRefused, TimedBackend, refuse_address, time_left

ALWAYS_REFUSED = ["169.254.169.254", "fe80::1%eth0", "::ffff:169.254.169.254", "224.0.0.1", "0.0.0.0", "::"]
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.9",
    "172.16.0.1",
    "::1",
    "fd00:ec2::254",
    "::ffff:10.0.0.1",
    "100.64.0.1",
]
PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]


@pytest.mark.parametrize("address", ALWAYS_REFUSED)
@pytest.mark.parametrize("allow_private", [True, False])
def test_link_local_and_multicast_are_refused_always(address: str, allow_private: bool) -> None:
    with pytest.raises(AddressRefused, match="link-local"):
        refuse_address(address, allow_private=allow_private)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_a_choice(address: str) -> None:
    refuse_address(address, allow_private=True)
    with pytest.raises(AddressRefused, match="private"):
        refuse_address(address, allow_private=False)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_fine(address: str) -> None:
    refuse_address(address, allow_private=False)


def backend(limit_s: float = 5.0, *, allow_private: bool = True) -> TimedBackend:
    return TimedBackend(deadline=time.monotonic() + limit_s, allow_private=allow_private)


def test_a_name_that_leads_home_is_refused_before_connecting() -> None:
    with pytest.raises(AddressRefused):
        backend(allow_private=False).connect_tcp("localhost", 1)


def test_a_name_with_one_bad_address_among_good_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*asked: Any, **how: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
            for address in (PUBLIC[0], "169.254.169.254")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(AddressRefused):
        backend().connect_tcp("rebinding.example", 80)


def test_the_next_address_is_tried_when_one_is_dead(monkeypatch: pytest.MonkeyPatch, bad: Any) -> None:
    port = bad.serve(bad.say_nothing)

    def resolve(*asked: Any, **how: Any) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    stream = backend().connect_tcp("two.example", port)
    assert stream.get_extra_info("server_addr") == ("127.0.0.1", port)
    stream.close()


@pytest.mark.parametrize("host", ["nowhere.invalid", "x" * 300, "a..b"])
def test_a_name_that_leads_nowhere_is_a_connect_error(host: str) -> None:
    with pytest.raises(httpcore.ConnectError):
        backend().connect_tcp(host, 80)


def test_a_deadline_that_has_passed_stops_everything() -> None:
    with pytest.raises(httpcore.ReadTimeout):
        time_left(time.monotonic() - 1, httpcore.ReadTimeout)
    assert 0 < time_left(time.monotonic() + 5, httpcore.ReadTimeout) <= 5


def test_writing_to_a_partner_that_does_not_read_ends_in_time(bad: Any) -> None:
    stream = backend(0.3).connect_tcp("127.0.0.1", bad.serve(bad.say_nothing))
    started = time.monotonic()
    with pytest.raises(httpcore.WriteTimeout):
        stream.write(bytes(50_000_000))
    assert time.monotonic() - started < 5
    stream.close()
