"""The entry point `tocsin-witness`: says which keys it cosigns with, then answers until it is stopped.

It is a program of its own: whoever runs it does not own the log, and needs no database of ours.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import Explained
from tocsin.process.witness import open_witness, witness_app

DEFAULT_PORT = 8421


def main(words: Sequence[str] | None = None) -> None:
    """Run the witness until it is stopped; its vkeys go to stdout first, whatever is wrong to stderr."""
    asked = _arguments().parse_args(words)
    try:
        server = open_witness(asked.home, asked.name, asked.policy.read_bytes(), SystemClock())
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except Explained as refused:
        sys.stderr.write(f"{refused.explain()}\n")
        sys.exit(1)
    for each in server.cosigners:
        sys.stdout.write(f"{each.key.text}\n")
    sys.stdout.flush()
    if not asked.keys:
        uvicorn.run(
            witness_app(server),
            host=asked.host,
            port=asked.port,
            log_level="warning",
            server_header=False,
        )


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("tocsin-witness", description="Cosign the heads of logs that only grew.")
    parser.add_argument("--home", type=Path, required=True, help="folder of keys and memory; made if missing")
    parser.add_argument(
        "--name", required=True, help="name of the witness's keys, such as witness.example/w1"
    )
    parser.add_argument("--policy", type=Path, required=True, help="tlog-policy file whose logs are cosigned")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="port (default: %(default)s)")
    parser.add_argument("--keys", action="store_true", help="only print the vkeys")
    return parser
