"""Stands in for docker compose: runs one service from a folder of artifacts, named by their digests.

It reads compose files as compose does, the later over the earlier, takes an image only by its digest,
replaces the running container, and refuses what it does not know. `REGISTRY` is the folder, `PORT` where it
listens.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from ruamel.yaml import YAML


def main(arguments: list[str]) -> int:
    files = [Path(arguments[at + 1]) for at, each in enumerate(arguments) if each == "-f"]
    verb = arguments[2 * len(files) :]
    if verb[:3] != ["up", "--detach", "--no-build"] or len(verb) != 4:
        sys.stderr.write(f"unknown command {verb}\n")
        return 64
    image = ""
    for file in files:
        services = YAML(typ="safe").load(file.read_text())["services"]
        image = services.get(verb[3], {}).get("image", image)
    artifact = Path(os.environ["REGISTRY"]) / f"{image.partition('@sha256:')[2]}.py"
    if not artifact.is_file():
        sys.stderr.write(f"manifest unknown: {image}\n")
        return 1
    pid_file = Path(os.environ["REGISTRY"]) / "pid"
    if pid_file.exists():
        with suppress(ProcessLookupError):
            os.kill(int(pid_file.read_text()), signal.SIGKILL)
        time.sleep(0.05)
    running = subprocess.Popen(
        [sys.executable, str(artifact), os.environ["PORT"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    pid_file.write_text(str(running.pid))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
