"""Reads configurations from files, and from any revision of a Git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tocsin.connectors.refusal import detail_of
from tocsin.domain.errors import Explained

GIT_TIME_LIMIT_S = 30
LARGEST_BYTES = 20_000_000


class BaselineUnreadable(Explained):
    """A configuration or its baseline cannot be read."""

    code = "baseline_unreadable"


def tree_at(path: Path, revision: str = "") -> Any:
    """Return the JSON or YAML in a file; with a revision, as Git has it there. Raises as `tree_of`."""
    return tree_of(_from_git(path, revision) if revision else _from_disk(path), str(path))


def tree_of(text: bytes, name: str) -> Any:
    """Read JSON, else YAML (one document, no tags of its own). Raises `BaselineUnreadable`."""
    if len(text) > LARGEST_BYTES:
        raise _unreadable(f"{name} is larger than {LARGEST_BYTES} bytes.")
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:
        return YAML(typ="safe", pure=True).load(text.decode())
    except (YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(f"{name} is neither JSON nor YAML: {detail_of(error)}.") from error


def _from_disk(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(f"{path} cannot be read: {error.strerror}.") from error


def _from_git(path: Path, revision: str) -> bytes:
    if revision.startswith("-") or ":" in revision or "\0" in revision:
        raise _unreadable(f"{revision[:80]!r} is no revision of Git.")
    command = ["git", "-C", str(path.parent), "cat-file", "blob", f"{revision}:./{path.name}"]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=GIT_TIME_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unreadable(f"Git cannot be asked for {path}: {detail_of(error)}.") from error
    if done.returncode:
        words = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise _unreadable(f"Git has no {path} at {revision}: {' '.join(words.split())}.")
    return done.stdout


def unwritable(refusal: Exception) -> BaselineUnreadable:
    """Return the refusal of a configuration whose values no JSON can hold."""
    return _unreadable(f"The configurations were read, but one is {refusal}.")


def _unreadable(happened: str) -> BaselineUnreadable:
    return BaselineUnreadable(
        happened,
        means="Nothing was compared, so that nothing is known about drift.",
        next_step="Check the path, the revision and that the file is JSON or YAML.",
    )
