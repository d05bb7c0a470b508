"""Read maintenance.yml: windows planned ahead, kept in Git, in force like silences that recur."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID, uuid5

from tocsin.domain.pack_file import Located, parse
from tocsin.domain.silence import Recurrence, Silence
from tocsin.triage import recurrence
from tocsin.triage.noise_policy import read_matchers

NAMESPACE = UUID("6b0c7a3e-1d52-5c6b-9f0e-2a64f1f0c9d1")
FIRST_DAY = date(2024, 1, 1)
"""A Monday; what rules count from (every second week) unless a window has `starts`."""
FOREVER = datetime(2100, 1, 1, tzinfo=UTC)


def parse_maintenance(text: str, path: str) -> tuple[Silence, ...]:
    """Read the windows of `maintenance.yml` as silences. Raises `PackProblem`."""
    root = parse(text, path)
    if root.is_null:
        return ()
    windows = tuple(_window(one) for one in root.mapping(("windows",), ("windows",))["windows"].sequence())
    if len({window.silence_id for window in windows}) < len(windows):
        raise root.problem("two windows have the same name.", "Give each its own.")
    return windows


def _window(written: Located) -> Silence:
    keys = written.mapping(
        ("name", "owner", "reason", "matchers", "rule", "zone", "at", "lasts", "starts", "until"),
        required=("name", "owner", "reason", "matchers", "rule", "zone", "at", "lasts"),
    )
    name, zone = keys["name"].string(), keys["zone"].zone()
    first = keys["starts"].day() if "starts" in keys else FIRST_DAY
    starts_at = datetime.combine(first, keys["at"].time_of_day(), tzinfo=zone).astimezone(UTC)
    ends_at = FOREVER
    if "until" in keys:
        ends_at = datetime.combine(keys["until"].day(), time.max, tzinfo=zone).astimezone(UTC)
    matchers = read_matchers(keys["matchers"])
    if all(each.matches({}) for each in matchers):
        raise keys["matchers"].problem(
            "the matchers fit every alert that lacks their labels.", "Add one such as `service = shop`."
        )
    return Silence(
        silence_id=uuid5(NAMESPACE, name),
        matchers=matchers,
        starts_at=starts_at,
        ends_at=ends_at,
        updated_at=starts_at,
        created_by=f"maintenance.yml: {name}"[:200],
        owner=keys["owner"].string(),
        comment=keys["reason"].string(),
        recurrence=_recurrence(keys["rule"], zone.key, keys["lasts"]),
    )


def _recurrence(rule: Located, zone: str, lasts: Located) -> Recurrence:
    again = Recurrence(rule=rule.string(), zone=zone, lasts=lasts.duration())
    try:
        recurrence.check(again)
    except ValueError as error:
        raise rule.problem(str(error), "Write a rule such as FREQ=WEEKLY;BYDAY=SU.") from error
    return again
