"""Sockets that keep one deadline for a whole exchange and refuse addresses nobody should be sent to."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

_WRITTEN_AT_ONCE = 16_384


class AddressRefused(Exception):
    """The name leads to an address that is not allowed; the text is the reason."""


class TimedBackend(httpcore.NetworkBackend):
    """Opens connections whose every wait ends at one deadline (a reading of the monotonic clock).

    The name is resolved here, once, and the connection made to what was checked, so that a name server cannot
    answer differently the second time.
    """

    def __init__(self, *, deadline: float, allow_private: bool) -> None:
        self._deadline = deadline
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
            try:
                left = time_left(self._deadline, httpcore.ConnectTimeout)
                stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
                return TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
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
    """A connection that ends at its deadline, also when each single wait would be short enough."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, time_left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITTEN_AT_ONCE):
            left = time_left(self._deadline, httpcore.WriteTimeout)
            self._stream.write(buffer[start : start + _WRITTEN_AT_ONCE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = time_left(self._deadline, httpcore.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def time_left(deadline: float, too_late: type[httpcore.TimeoutException]) -> float:
    """Return the seconds until the deadline. Raises `too_late` when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise too_late("The time limit is used up.")
    return left


def refuse_address(address: str, *, allow_private: bool) -> None:
    """Raise `AddressRefused` for an address that is link-local, multicast or none, or private if so asked."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    if parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified:
        raise AddressRefused("the address is link-local, multicast or unspecified, which is refused")
    if not allow_private and not parsed.is_global:
        raise AddressRefused("the address is private, which is not allowed here")
