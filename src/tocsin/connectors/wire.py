"""Sockets that keep one time limit for a whole exchange and refuse addresses nobody should be sent to."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from typing import Any, Self

import httpcore

from tocsin.domain.fence import check_hold

# AWS over IPv6, and Alibaba Cloud; the others use 169.254.169.254, which is link-local.
CLOUD_CREDENTIALS = (IPv6Address("fd00:ec2::254"), IPv4Address("100.100.100.200"))
NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """The name leads to an address that is not allowed; the text is the reason."""


class TimeLimit:
    """Ends the connection it guards once the time is up, however short each single wait was."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_over = False
        self._twin: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._twin is not None:
            self._twin.close()

    def guard(self, connected: socket.socket) -> None:
        """Watch this connection, in place of one before it.

        A second handle to it is kept, because TLS takes the first one over.
        """
        before, self._twin = self._twin, socket.socket(fileno=os.dup(connected.fileno()))
        if before is not None:
            before.close()
        if self.is_over:
            self._shut()

    def _end(self) -> None:
        self.is_over = True
        self._shut()

    def _shut(self) -> None:
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)


class TimedBackend(httpcore.NetworkBackend):
    """Opens connections that a time limit guards.

    The name is resolved here, once, and the connection made to what was checked, so that a name server cannot
    answer differently the second time.
    """

    def __init__(self, limit: TimeLimit, *, allow_private: bool) -> None:
        self._limit = limit
        self._allow_private = allow_private
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the name's addresses that answers. Raises `AddressRefused`."""
        failure: Exception = httpcore.ConnectError("The name has no address.")
        for address in self._addresses(host, port):
            if self._limit.is_over:
                raise httpcore.ConnectTimeout("The time limit is used up.")
            try:
                stream = self._plain.connect_tcp(
                    address, port, self._limit.seconds, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
                continue
            self._limit.guard(stream.get_extra_info("socket"))
            return TimedStream(stream, self._limit)
        raise failure

    def _addresses(self, host: str, port: int) -> tuple[str, ...]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"The name cannot be resolved: {error}") from error
        addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        for address in addresses:
            refuse_address(address, allow_private=self._allow_private)
        return addresses


class TimedStream(httpcore.NetworkStream):
    """A connection whose end by the time limit is told as a timeout, not as a broken line."""

    def __init__(self, stream: httpcore.NetworkStream, limit: TimeLimit) -> None:
        self._stream = stream
        self._limit = limit

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            got = self._stream.read(max_bytes, self._limit.seconds)
        except httpcore.ReadError as error:
            raise self._told(error, httpcore.ReadTimeout) from error
        if not got and self._limit.is_over:
            raise httpcore.ReadTimeout("The time limit is used up.")
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write, unless the job behind it was lost. Raises `HoldLost`."""
        check_hold()
        try:
            self._stream.write(buffer, self._limit.seconds)
        except httpcore.WriteError as error:
            raise self._told(error, httpcore.WriteTimeout) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._limit.seconds)
        except httpcore.ConnectError as error:
            raise self._told(error, httpcore.ConnectTimeout) from error
        return TimedStream(secured, self._limit)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _told(self, error: Exception, too_late: type[httpcore.TimeoutException]) -> Exception:
        return too_late("The time limit is used up.") if self._limit.is_over else error


def refuse_address(address: str, *, allow_private: bool) -> None:
    """Raise `AddressRefused` for an address that is link-local, multicast or none, or private if so asked.

    Where a cloud keeps its credentials counts as link-local, by whatever address it is reached.
    """
    parsed = _inside(ipaddress.ip_address(address.partition("%")[0]))
    is_of_a_cloud = parsed in CLOUD_CREDENTIALS
    if is_of_a_cloud or parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified:
        raise AddressRefused("the address is link-local, multicast or unspecified, which is refused")
    if not allow_private and not parsed.is_global:
        raise AddressRefused("the address is private, which is not allowed here")


def _inside(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one leads to: mapped, 6to4 (RFC 3056), NAT64 (RFC 6052)."""
    if not isinstance(address, IPv6Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address
