"""Reads and writes flags in the files of the settings: a file is replaced as a whole or not at all."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tocsin.connectors.named import named_secrets
from tocsin.domain.acting import Call, Caller, CallFailed
from tocsin.domain.clock import Clock
from tocsin.domain.fence import check_hold
from tocsin.domain.ports.delivery import FailureKind

SETTING = "TOCSIN_FLAGS_FILES"
LONGEST_BYTES = 4_194_304
STATES = ("ENABLED", "DISABLED")


@dataclass(frozen=True, slots=True)
class FlagFiles:
    """Answers `read` and `write` for a flag: its `state` and its `variant` (`defaultVariant` of flagd)."""

    paths: Mapping[str, Path]

    def call(self, call: Call) -> Any:
        """Read or write one flag. Raises `CallFailed`."""
        path = self.paths.get(str(call.parameters["file"]))
        if path is None:
            reason = f"{SETTING} names no such file"
            raise CallFailed(FailureKind.MISCONFIGURED, reason)
        name = str(call.parameters["flag"])
        try:
            if call.operation == "read":
                return _shown(_flag(_read(path), name))
            check_hold()
            with _alone(path):
                return _set(path, name, call.parameters["value"])
        except OSError as error:
            kind = FailureKind.UNKNOWN if call.changes else FailureKind.MISCONFIGURED
            raise CallFailed(kind, f"{path.name} cannot be read or written: {error.strerror}") from None


def make(values: Mapping[str, str], clock: Clock) -> Caller:
    """Return what reads and writes the files of the settings. Raises `Misconfigured`."""
    found = named_secrets(values[SETTING], SETTING)
    return FlagFiles({name: Path(path.reveal()) for name, path in found.items()})


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        content = file.read(LONGEST_BYTES + 1)
    try:
        found = orjson.loads(content) if len(content) <= LONGEST_BYTES else None
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("flags"), dict):
        raise CallFailed(FailureKind.MISCONFIGURED, f"{path.name} is no file of flagd")
    return found


def _flag(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    flag = document["flags"].get(name)
    if not isinstance(flag, dict) or not isinstance(flag.get("variants"), dict):
        raise CallFailed(FailureKind.REFUSED, "the file holds no such flag")
    return flag


def _shown(flag: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"state": flag.get("state"), "variant": flag.get("defaultVariant")}


def _set(path: Path, name: str, value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the file anew with one flag changed. The rest of it stays, in its order."""
    document = _read(path)
    flag = _flag(document, name)
    if value["variant"] not in flag["variants"] or value["state"] not in STATES:
        reason = f"the flag has no such variant; it has {', '.join(map(str, flag['variants']))[:200]}"
        raise CallFailed(FailureKind.REFUSED, reason)
    if _shown(flag) != dict(value):
        flag["defaultVariant"], flag["state"] = value["variant"], value["state"]
        _replaced(path, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return _shown(flag)


def _replaced(path: Path, content: bytes) -> None:
    """Put a new file in place of the old one, with its rights; whoever reads sees one of the two."""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            os.fchmod(number, path.stat().st_mode & 0o777)
            file.write(content)
            file.flush()
            os.fsync(number)
        os.replace(name, path)
    finally:
        # After the replacement there is nothing of this name any more.
        with suppress(FileNotFoundError):
            os.unlink(name)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one writer of ours at a time read and replace: two acts at once lose none of the two."""
    with open(path.with_name(f".{path.name}.lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
