"""Silences as people write them, over REST, the console or the command line, brought to their chapter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tocsin.app.wiring import App
from tocsin.domain.errors import NotFound
from tocsin.domain.matchers import Matcher, read_matcher
from tocsin.domain.pack_file import Located, PackProblem
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Recurrence, Silence
from tocsin.flow.hush import Hush
from tocsin.store.accounts import Accounts
from tocsin.store.django_store import DjangoStore
from tocsin.triage.silence_rules import SilenceRefused, Wish, is_planned
from tocsin.triage.silencing import next_change, state_of

RECURS_FOR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A silence as somebody wrote it. Lengths are such as `2h` or `1h30m`, times ISO 8601 with their zone.

    Without `lasts` and `ends_at` one that recurs ends in a year, and one until resolved as late as it may.
    """

    matchers: tuple[str, ...]
    reason: str
    lasts: str = ""
    starts_at: str = ""
    ends_at: str = ""
    until_resolved: bool = False
    rule: str = ""
    zone: str = "UTC"
    each: str = ""


def hush_of(app: App) -> Hush:
    """Return the chapter of silences; alerts that it lets go are looked at again."""
    return Hush(
        app.store,
        app.clock,
        app.policies.noise,
        app.policies.triage,
        app.policies.words,
        Accounts(DjangoStore()).may_confirm,
        app.take.mute.look_at,
    )


def ask(app: App, asked: Asked, actor: str, silence_id: UUID | None = None) -> Silence:
    """Make a silence, or change one. Raises `SilenceRefused`, `NotFound`."""
    hush = hush_of(app)
    matchers = matchers_of(asked.matchers)
    now = app.clock.now()
    starts_at = _time(asked.starts_at) if asked.starts_at else now
    again = Recurrence(rule=asked.rule, zone=asked.zone, lasts=_length(asked.each)) if asked.rule else None
    wish = Wish(
        matchers=matchers,
        starts_at=starts_at,
        ends_at=_end(asked, hush, matchers, starts_at),
        owner=actor,
        comment=asked.reason,
        until_resolved=asked.until_resolved,
        recurrence=again,
    )
    return hush.silence(wish, silence_id)


def matchers_of(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Read matchers such as `alertname = DiskFull`. Raises `SilenceRefused`."""
    return tuple(_matcher(text.strip()) for text in texts if text.strip())


def id_of(text: str) -> UUID:
    """Read the id of a silence. Raises `NotFound`."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(
            f"“{text[:40]}” is no id of a silence.",
            means="Nothing was changed.",
            next_step="List them with `tocsin silence list` or GET /api/v1/silences.",
        ) from error


def record_of(silence: Silence, now: datetime) -> dict[str, Any]:
    """Return a silence as REST and the command line show it."""
    change, again = next_change(silence, now), silence.recurrence
    return {
        "id": str(silence.silence_id),
        "state": state_of(silence, now).value,
        "matchers": [matcher.text for matcher in silence.matchers],
        "reason": silence.comment,
        "owner": silence.owner,
        "created_by": silence.created_by,
        "starts_at": _iso(silence.starts_at),
        "ends_at": _iso(silence.ends_at),
        "changes_at": None if change is None else _iso(change),
        "until_resolved": silence.until_resolved,
        "recurrence": again
        and {"rule": again.rule, "zone": again.zone, "each_s": int(again.lasts.total_seconds())},
        "needs_second": silence.needs_second,
        "second": silence.second,
        "planned": is_planned(silence),
    }


def _end(asked: Asked, hush: Hush, matchers: Sequence[Matcher], starts_at: datetime) -> datetime:
    if asked.ends_at and asked.lasts:
        raise SilenceRefused("The silence has both a length and an end.", "Give one of the two.")
    if asked.ends_at:
        return _time(asked.ends_at)
    if asked.lasts:
        return starts_at + _length(asked.lasts)
    if asked.rule:
        return starts_at + RECURS_FOR
    if asked.until_resolved:
        return starts_at + hush.policy.longest[hush.preview(matchers).exposure.worst or Severity.P3]
    raise SilenceRefused("The silence has no end.", "Say how long it lasts, such as 2h.")


def _matcher(text: str) -> Matcher:
    try:
        return read_matcher(_written(text))
    except PackProblem as problem:
        raise SilenceRefused(f"Matcher: {_without_place(problem)}", problem.next_step) from problem


def _length(text: str) -> timedelta:
    try:
        return _written(text.strip()).duration()
    except PackProblem as problem:
        raise SilenceRefused(f"Length: {_without_place(problem)}", problem.next_step) from problem


def _written(text: str) -> Located:
    return Located(path="silence", line=1, column=1, kind="str", text=text[:500])


def _without_place(problem: PackProblem) -> str:
    return problem.happened.removeprefix("silence:1:1: ")


def _time(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text.strip())
        if read.tzinfo is not None:
            return read.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise SilenceRefused(
        f"“{text[:40]}” is not a time.", "Write ISO 8601 with a zone, such as 2026-12-24T18:00:00Z."
    )


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
