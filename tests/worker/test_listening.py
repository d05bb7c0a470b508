from __future__ import annotations

import socket
from ipaddress import ip_network

from nouns import NOON
from tocsin.connectors.syslog.server import Doors, SyslogServer
from tocsin.domain.clock import PushedClock
from tocsin.worker.listening import Listening

ROUNDS = 40


def test_rounds_serve_and_closing_keeps_what_was_read() -> None:
    kept: list[bytes] = []
    doors = Doors(port=0, allowed=(ip_network("127.0.0.0/8"),))
    server = SyslogServer(doors, lambda lines: kept.extend(lines), PushedClock(NOON))
    listening = Listening(server, 0.02)
    listening.close()
    assert listening.round() == 0.0
    with socket.create_connection(("127.0.0.1", server.ports[0]), timeout=10) as talk:
        talk.sendall(b"<34>1 - h a - - - hello\n")
        for _ in range(ROUNDS):
            listening.round()
            if kept:
                break
    listening.close()
    assert b"hello" in kept[0]
    assert server.ports == ()
