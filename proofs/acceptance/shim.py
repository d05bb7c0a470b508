#!/usr/bin/env -S python3 -IS
"""Stands where the suite starts `prometheus-alertmanager`: asks the nursery for a Tocsin and relays signals.

Its standard output and error go along as descriptors. It ends as the server does.
"""

import json
import os
import signal
import socket
import sys

SOCKET = os.path.join(os.path.dirname(os.path.realpath(__file__)), "nursery.sock")


def main() -> int:
    nursery = socket.socket(socket.AF_UNIX)
    nursery.connect(SOCKET)
    wish = json.dumps({"flags": sys.argv[1:]}).encode()
    socket.send_fds(nursery, [len(wish).to_bytes(4, "big") + wish], [1, 2])
    answers = nursery.makefile("r")
    server = int(answers.readline())
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, lambda number, _: os.kill(server, number))
    return int(answers.readline() or 1)


if __name__ == "__main__":
    sys.exit(main())
