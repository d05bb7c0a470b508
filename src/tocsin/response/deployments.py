"""Reads and continues the history of a service's deployments, in the form that R1's scripts keep.

`{"deployments": [{"commit", "status", "timestamp", "digest", ...}], "rollbacks": [{"commit", "timestamp"}]}`
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tocsin.domain.errors import Explained

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})", re.ASCII)


class HistoryRefused(Explained):
    """The history of deployments cannot be read."""

    code = "deployment_history_refused"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The history of deployments cannot be read: {why}.",
            means="Nobody can tell which build was healthy, so nothing is rolled back.",
            next_step="Correct the file; docs/rollback.md shows its form.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One build that ran. `digest` is the SHA-256 (hex) of its artifact, empty where nobody wrote it down.

    It was healthy for `healthy_for`, as far as the history tells.
    """

    commit: str
    digest: str
    status: str
    at: datetime
    healthy_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Deployments by time, the oldest first, and the commit that runs now as far as the file tells."""

    deployments: tuple[Deployment, ...]
    current: str


class _Row(msgspec.Struct, frozen=True, rename="camel"):
    commit: str
    status: str
    timestamp: datetime
    digest: str = ""
    healthy_since: datetime | None = None
    healthy_until: datetime | None = None


class _Rollback(msgspec.Struct, frozen=True):
    commit: str
    timestamp: datetime


class _File(msgspec.Struct, frozen=True):
    deployments: list[_Row]
    rollbacks: list[_Rollback] = []


def parse_history(text: str, now: datetime) -> History:
    """Read a history as it stands at `now`. Raises `HistoryRefused`.

    Where the file does not say until when a build was healthy, it was so until the next one was deployed; one
    that is not healthy never was.
    """
    found = _decoded(text)
    rows = sorted(found.deployments, key=lambda row: _utc(row.timestamp))
    ends = [*(_utc(row.timestamp) for row in rows[1:]), now]
    deployments = tuple(map(_deployment, rows, ends))
    moves = [(each.at, each.commit) for each in deployments]
    moves += [(_utc(each.timestamp), each.commit) for each in found.rollbacks]
    return History(deployments=deployments, current=max(moves, default=(now, ""))[1])


def with_rollback(text: str, commit: str, at: datetime, facts: Mapping[str, str]) -> str:
    """Return the file with one rollback more; what else stands in it is kept. Raises `HistoryRefused`."""
    _decoded(text)
    written: dict[str, Any] = json.loads(text)
    stamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    written["rollbacks"] = [*written.get("rollbacks", []), {"commit": commit, "timestamp": stamp, **facts}]
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


def _decoded(text: str) -> _File:
    try:
        found = msgspec.json.decode(text, type=_File)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise HistoryRefused(str(error)[:200]) from error
    for row in found.deployments:
        if not _COMMIT.fullmatch(row.commit):
            raise HistoryRefused(f"{row.commit[:50]!r} is no commit")
        if row.digest and not _DIGEST.fullmatch(row.digest):
            raise HistoryRefused(f"the digest of {row.commit[:12]} is not sha256: and 64 hex digits")
    return found


def _deployment(row: _Row, end: datetime) -> Deployment:
    at = _utc(row.timestamp)
    since = _utc(row.healthy_since or row.timestamp)
    until = _utc(row.healthy_until) if row.healthy_until else end
    healthy_for = max(until - since, timedelta()) if row.status == "healthy" else timedelta()
    digest = _DIGEST.fullmatch(row.digest)
    return Deployment(
        commit=row.commit,
        digest=digest[1] if digest else "",
        status=row.status,
        at=at,
        healthy_for=healthy_for,
    )


def _utc(instant: datetime) -> datetime:
    """Return the instant in UTC; a time without a zone is UTC, as R1's `date -u` writes it."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
