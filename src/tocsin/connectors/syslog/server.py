"""The syslog doors: TCP, TLS and UDP on one event loop, each connection read no faster than it is kept."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from tocsin.connectors.syslog.batching import Append, Batching
from tocsin.connectors.syslog.framing import Frame, Framing, FramingLost
from tocsin.connectors.syslog.message import line_of
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured

log = logging.getLogger("tocsin.syslog")

MOST_CONNECTIONS = 1_000
HANDSHAKE_WITHIN_S = 10.0
CHUNK = 128 * 1024
STOP_WITHIN_S = 5.0

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Where to listen (None: not at all) and whom to let in.

    Senders must come from one of `allowed`, except that over TLS with `demands_certificate` a valid client
    certificate is enough, from anywhere.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    udp_port: int | None = None
    tls_port: int | None = None
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    demands_certificate: bool = False
    allowed: tuple[Network, ...] = ()

    def admits(self, peer: str) -> bool:
        """Say whether a sender's address is in an allowed network."""
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.allowed)


@dataclass(slots=True)
class SyslogServer:
    """Serves in slices of time, so that whoever runs it can stop it between them."""

    doors: Doors
    append: Append
    clock: Clock
    _servers: list[asyncio.Server] = field(default_factory=list)
    _transports: list[asyncio.DatagramTransport] = field(default_factory=list)
    _batching: Batching | None = None
    _task: asyncio.Task[None] | None = None
    _open: set[asyncio.Task[Any]] = field(default_factory=set)
    _dropped: int = 0

    @property
    def ports(self) -> tuple[int, ...]:
        """Return the ports listened on: TCP, TLS, UDP, as far as they are open."""
        sockets = [one.getsockname()[1] for server in self._servers for one in server.sockets]
        udp = [transport.get_extra_info("sockname")[1] for transport in self._transports]
        return (*sockets, *udp)

    async def serve_for(self, seconds: float) -> None:
        """Open the doors if they are closed, and serve for a while. Raises `Misconfigured`."""
        if self._task is None:
            await self._open_doors()
        await asyncio.sleep(seconds)
        if self._dropped:
            log.error("%d syslog datagrams came faster than they could be kept, and are lost", self._dropped)
            self._dropped = 0

    async def close(self) -> None:
        """Close the doors; what was read is kept first."""
        for server in self._servers:
            server.close()
        for transport in self._transports:
            transport.close()
        for task in self._open:
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=STOP_WITHIN_S)
        if self._task is not None and self._batching is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            with suppress(TimeoutError):
                await asyncio.wait_for(self._batching.flush(), STOP_WITHIN_S)
        self._servers, self._transports, self._task = [], [], None

    async def _open_doors(self) -> None:
        doors, batching = self.doors, Batching(self.append)
        try:
            if doors.port is not None:
                self._servers.append(await self._listen(doors.port, None))
            if doors.tls_port is not None:
                self._servers.append(await self._listen(doors.tls_port, doors.tls))
            if doors.udp_port is not None:
                transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: _Datagrams(self._datagram), local_addr=(doors.host, doors.udp_port)
                )
                self._transports.append(transport)
        except OSError as error:
            await self.close()
            raise Misconfigured(
                f"The syslog doors cannot be opened on {doors.host}: {error.strerror or error}.",
                means="No syslog is heard; everything else goes on, and it is tried again.",
                next_step="Choose other ports or another TOCSIN_SYSLOG_HOST; below 1024 they need a right.",
            ) from error
        self._batching = batching
        self._task = asyncio.create_task(batching.run())

    async def _listen(self, port: int, tls: ssl.SSLContext | None) -> asyncio.Server:
        limits = {"ssl_handshake_timeout": HANDSHAKE_WITHIN_S} if tls else {}
        return await asyncio.start_server(
            self._enter, self.doors.host, port, ssl=tls, limit=CHUNK, backlog=512, **limits
        )

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = str((writer.get_extra_info("peername") or ("",))[0])
        has_certificate = self.doors.demands_certificate and writer.get_extra_info("ssl_object") is not None
        if len(self._open) >= MOST_CONNECTIONS or not (has_certificate or self.doors.admits(peer)):
            log.warning("a syslog connection from %s was refused", peer)
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        _keep_alive(writer)
        try:
            await self._read(reader, peer)
        except (OSError, ssl.SSLError):
            pass  # The sender went away; what it had sent whole is kept.
        except FramingLost as lost:
            log.warning("a syslog connection from %s was closed: %s", peer, lost)
        finally:
            self._open.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, peer: str) -> None:
        framing = Framing()
        assert self._batching is not None
        while chunk := await reader.read(CHUNK):
            # Nothing more is read before this is durable: the sender's own buffer holds back the sender.
            await self._batching.keep(self._lines(framing.feed(chunk), peer))
        await self._batching.keep(self._lines(framing.end(), peer))

    def _datagram(self, body: bytes, peer: str) -> None:
        if self._batching is None or not self.doors.admits(peer):
            return
        if not self._batching.has_room:
            self._dropped += 1
            return
        stripped = body.strip(b"\r\n\0 ")
        if stripped:
            self._batching.add(self._lines([Frame(stripped)], peer))

    def _lines(self, frames: list[Frame], peer: str) -> list[bytes]:
        if not frames:
            return []
        now = self.clock.now()
        return [line_of(frame, received_at=now, peer=peer) for frame in frames]


class _Datagrams(asyncio.DatagramProtocol):
    """Hands each datagram on with its sender's address."""

    def __init__(self, received: Callable[[bytes, str], None]) -> None:
        self._received = received

    def datagram_received(self, body: bytes, addr: tuple[Any, ...]) -> None:
        """Hand one datagram on."""
        self._received(body, str(addr[0]))


def _keep_alive(writer: asyncio.StreamWriter) -> None:
    """Let the system find out about senders that are gone without a word."""
    connected = writer.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
