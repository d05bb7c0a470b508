"""Runs one service of a compose file with another image, by an override file of our own beside it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tocsin.connectors.whole_file import replace_whole
from tocsin.domain.acting import CallFailed
from tocsin.domain.ports.delivery import FailureKind

TIME_LIMIT_S = 300.0


def override_of(file: Path) -> Path:
    """Return the path of our override: `compose.yml` has `compose.tocsin.yml`."""
    return file.with_name(f"{file.stem}.tocsin.yml")


def image_in(file: Path, service: str) -> str:
    """Return the image that the override gives to a service, empty where it gives none."""
    try:
        written = YAML(typ="safe", pure=True).load(override_of(file).read_text(encoding="utf-8"))
        return str(written["services"][service]["image"])
    except (FileNotFoundError, YAMLError, KeyError, TypeError):
        return ""


def compose_up(command: Sequence[str], file: Path, service: str, image: str) -> None:
    """Write the override and let compose bring the service up. Raises `CallFailed`.

    The image is named by its digest, so nothing is built and nothing else than what was proven can run.
    """
    content = f"# Written by Tocsin at a rollback.\nservices:\n  {service}:\n    image: {image}\n"
    replace_whole(override_of(file), content.encode())
    arguments = ["-f", str(file), "-f", str(override_of(file)), "up", "--detach", "--no-build", service]
    try:
        done = subprocess.run(
            [*command, *arguments],
            cwd=file.parent,
            capture_output=True,
            timeout=TIME_LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        raise CallFailed(FailureKind.UNKNOWN, "compose did not end within its time") from late
    except FileNotFoundError as missing:
        reason = "TOCSIN_COMPOSE_COMMAND names no program that is here"
        raise CallFailed(FailureKind.MISCONFIGURED, reason) from missing
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()[-300:]
        raise CallFailed(FailureKind.REFUSED, f"compose ended with {done.returncode}: {said}")
