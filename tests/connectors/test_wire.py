"""Addresses nobody should be sent to are refused, whatever name leads to them, and deadlines are kept."""

from __future__ import annotations

import socket
import ssl
import struct
import time
from typing import Any

import httpcore
import pytest

from tocsin.connectors.wire import AddressRefused, TimedBackend, TimeLimit, refuse_address
from tocsin.domain.fence import HoldLost, fenced

ALWAYS_REFUSED = [
    "169.254.169.254",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "224.0.0.1",
    "0.0.0.0",
    "::",
    "fd00:ec2::254",
    "100.100.100.200",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
]
PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "192.168.0.9",
    "172.16.0.1",
    "::1",
    "fd00::254",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
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


def backend(limit: TimeLimit | None = None, *, allow_private: bool = True) -> TimedBackend:
    return TimedBackend(limit or TimeLimit(5.0), allow_private=allow_private)


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


def test_a_limit_that_has_passed_opens_no_connection() -> None:
    limit = TimeLimit(5.0)
    limit.is_over = True
    with pytest.raises(httpcore.ConnectTimeout):
        backend(limit).connect_tcp("127.0.0.1", 9)


def test_a_limit_that_passed_while_connecting_ends_the_connection_at_once(bad: Any) -> None:
    port = bad.serve(bad.say_nothing)
    with TimeLimit(0.1) as limit, socket.create_connection(("127.0.0.1", port)) as connected:
        limit._timer.join()
        limit.guard(connected)
        assert connected.recv(1) == b""


def test_writing_to_a_partner_that_does_not_read_ends_in_time(bad: Any) -> None:
    started = time.monotonic()
    with TimeLimit(0.3) as limit:
        stream = backend(limit).connect_tcp("127.0.0.1", bad.serve(bad.say_nothing))
        with pytest.raises(httpcore.WriteTimeout):
            stream.write(bytes(50_000_000))
        stream.close()
    assert time.monotonic() - started < 5


def test_a_handshake_that_never_ends_is_ended(bad: Any) -> None:
    # A TLS record header, then its body one byte at a time: each wait is short, all together are not.
    port = bad.serve(bad.drip(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", b"\x03"))
    started = time.monotonic()
    with TimeLimit(0.3) as limit:
        stream = backend(limit).connect_tcp("127.0.0.1", port)
        with pytest.raises(httpcore.ConnectTimeout):
            stream.start_tls(ssl.create_default_context(), "127.0.0.1")
    assert time.monotonic() - started < 5


def test_a_line_that_breaks_in_time_is_told_as_broken(bad: Any) -> None:
    def reset(talk: Any, stop: Any) -> None:
        # Not before the connection stands on both sides, or connecting would fail instead.
        talk.recv(1)
        talk.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with TimeLimit(20.0) as limit:
        stream = backend(limit).connect_tcp("127.0.0.1", bad.serve(reset))
        stream.write(b"x")
        with pytest.raises(httpcore.ReadError):
            stream.read(1)
        stream.close()


def test_nothing_is_written_once_the_job_behind_it_was_lost(bad: Any) -> None:
    heard: list[bytes] = []

    def listen(talk: Any, stop: Any) -> None:
        heard.append(talk.recv(9))

    with TimeLimit(20.0) as limit:
        stream = backend(limit).connect_tcp("127.0.0.1", bad.serve(listen))
        with fenced(lambda: False), pytest.raises(HoldLost):
            stream.write(b"page")
        stream.close()
    while not heard:
        time.sleep(0.01)
    assert heard == [b""]
