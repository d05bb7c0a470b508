"""Extensions: each is read whole, and refused where it does not belong (E1-E7)."""

from __future__ import annotations

from datetime import date

import pytest

from tocsin.detection.problems import RuleRejected
from tocsin.detection.sigma.document import Table, documents
from tocsin.detection.sigma.extension import (
    PLAIN,
    Emit,
    Extensions,
    Heartbeat,
    Lookup,
    Method,
    NewValue,
    Ratio,
    Season,
    WindowKind,
)
from tocsin.detection.sigma.extension_reader import DAY, of_correlation, of_rule


def table(text: str) -> Table:
    (root,) = documents(f"title: T\n{text}\n")
    assert isinstance(root, Table)
    return root


def read(text: str, kind: str = "event_count", *, waits: bool = False) -> Extensions:
    return of_correlation(table(text), kind, 3_600, waits=waits)


def test_a_rule_without_extensions_is_plain() -> None:
    assert read("tocsin.labels: {a: b}") == of_rule(table("tocsin.latch: true")) == PLAIN


def test_a_ratio_divides_by_the_matches_of_other_rules() -> None:
    assert read("tocsin.ratio: {of: [a, b], min: 5, gt: 0.5, lte: 0.9, count_distinct: s}").ratio == Ratio(
        of=("a", "b"), minimum=5, bounds=(("gt", 0.5), ("lte", 0.9)), distinct="s"
    )
    assert read("tocsin.ratio: {of: a, gte: 1}").ratio == Ratio(of=("a",), minimum=1, bounds=(("gte", 1),))


def test_durations_are_read_in_seconds() -> None:
    found = read("tocsin.for: 10m\ntocsin.keep_firing_for: 90s\ntocsin.allowed_lateness: 5m")
    assert (found.pending, found.keep_firing, found.allowed_lateness) == (600, 90, 300)


def test_a_baseline_is_read_whole_or_by_its_defaults() -> None:
    found = read(
        "tocsin.baseline: {history: 14d, season: hour_of_week, method: mad, p: '1e-5', ratio: 4, min: 2,"
        " warmup: 3d, freeze_on_alert: false, zone: Europe/Berlin, peer: role,"
        " exclude: [2026-01-01, 2026-02-01/2026-02-03]}"
    ).baseline
    assert found is not None
    assert (found.history, found.season, found.method) == (14 * DAY, Season.HOUR_OF_WEEK, Method.MAD)
    assert (found.p, found.ratio, found.minimum, found.warmup) == (1e-5, 4, 2, 3 * DAY)
    assert (found.freeze_on_alert, found.zone.key, found.peer) == (False, "Europe/Berlin", "role")
    assert found.exclude == (
        (date(2026, 1, 1), date(2026, 1, 1)),
        (date(2026, 2, 1), date(2026, 2, 3)),
    )
    found = read("tocsin.baseline: {season: none, exclude: 2026-01-01}", "value_sum").baseline
    assert found is not None
    assert (found.history, found.season, found.method) == (28 * DAY, Season.NONE, Method.TAIL)
    assert (found.p, found.ratio, found.minimum, found.warmup) == (3e-4, 3, 20, 7 * DAY)
    assert (found.freeze_on_alert, found.zone.key, found.peer) == (True, "UTC", "")
    assert len(found.exclude) == 1
    assert read("tocsin.baseline: {min: 5}").baseline is not None


def test_a_new_value_is_read() -> None:
    assert read(
        "tocsin.new_value: {field: ip, history: 30d, warmup: 1d, by: /24}", "value_count"
    ).new_value == (NewValue(field="ip", history=30 * DAY, warmup=DAY, by="/24"))
    assert read("tocsin.new_value: {field: ip, history: 2d}", "value_count").new_value == (
        NewValue(field="ip", history=2 * DAY, warmup=2 * DAY, by="exact")
    )


def test_a_heartbeat_is_read() -> None:
    found = read("tocsin.heartbeat: {inventory: services}", "temporal", waits=True)
    assert found.heartbeat == Heartbeat(inventory="services")


def test_what_comes_out_and_how_it_is_gathered_is_read() -> None:
    found = read("tocsin.emit: each\ntocsin.evidence_max: 5\ntocsin.window: session\ntocsin.gap: 30m")
    assert (found.emit, found.evidence_max) == (Emit.EACH, 5)
    assert (found.window, found.gap) == (WindowKind.SESSION, 1_800)
    assert read("tocsin.window: tumbling").window is WindowKind.TUMBLING
    found = of_rule(table("tocsin.emit: each\ntocsin.evidence_max: 5"))
    assert (found.emit, found.evidence_max) == (Emit.EACH, 5)


def test_look_ups_are_one_or_many() -> None:
    one = of_rule(table("tocsin.lookup: {table: roles, key: arn, valid_at: event_time}"))
    assert one.lookups == (Lookup(table="roles", key="arn", at_event_time=True),)
    two = of_rule(table("tocsin.lookup: [{outside: hours}, {inside: week, table: t}]"))
    assert two.lookups == (Lookup(outside="hours"), Lookup(inside="week", table="t"))


@pytest.mark.parametrize(
    ("text", "kind", "column", "words"),
    [
        ("tocsin.lookup: {table: t}", "event_count", 1, "does not belong on a correlation"),
        ("tocsin.ratio: {of: a, gt: 1}", "value_count", 1, "type `value_count`"),
        ("tocsin.baseline: {min: 1}", "temporal", 1, "type `temporal`"),
        ("tocsin.new_value: {field: f}", "event_count", 1, "type `event_count`"),
        ("tocsin.heartbeat: {inventory: t}", "event_count", 1, "type `event_count`"),
        ("tocsin.heartbeat: {inventory: t}", "temporal", 1, "waits for something"),
        ("tocsin.ratio: 5", "event_count", 15, "not a map"),
        ("tocsin.ratio: {gt: 1}", "event_count", 15, "needs the rules"),
        ("tocsin.ratio: {of: a}", "event_count", 15, "needs the rules"),
        ("tocsin.ratio: {of: a, gt: x}", "event_count", 27, "must be a number"),
        ("tocsin.ratio: {of: a, gt: 1, more: 1}", "event_count", 30, "unknown here"),
        ("tocsin.for: ever", "event_count", 13, "duration"),
        ("tocsin.baseline: {history: 0s}", "event_count", 28, "between 1s and 731d"),
        ("tocsin.baseline: {history: 3y}", "event_count", 28, "between 1s and 731d"),
        ("tocsin.baseline: {history: 1d, warmup: 2d}", "event_count", 28, "between 1s and 731d"),
        ("tocsin.baseline: {p: 1}", "event_count", 22, "`p` must be"),
        ("tocsin.baseline: {seasons: none}", "event_count", 19, "unknown here"),
        ("tocsin.new_value: {by: exact}", "value_count", 19, "needs a `field`"),
        ("tocsin.new_value: {field: f, by: /33}", "value_count", 34, "no prefix length"),
        ("tocsin.new_value: {field: f, by: /0}", "value_count", 34, "no prefix length"),
        ("tocsin.emit: many", "event_count", 14, "cannot be `many`"),
        ("tocsin.evidence_max: 0", "event_count", 22, "must be a number"),
        ("tocsin.allowed_lateness: 2d", "event_count", 26, "at most 1d"),
        ("tocsin.window: session", "event_count", 16, "needs a `tocsin.gap`"),
        ("tocsin.gap: 5m", "event_count", 13, "needs a `tocsin.gap`"),
    ],
)
def test_a_faulty_extension_is_refused_at_its_place(text: str, kind: str, column: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        read(text, kind)
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (2, column)


def test_a_gap_is_no_longer_than_the_session_may_be() -> None:
    with pytest.raises(RuleRejected, match="no longer than"):
        read("tocsin.window: session\ntocsin.gap: 2h")


@pytest.mark.parametrize(
    ("text", "kind", "waits", "words"),
    [
        ("tocsin.for: 1m", "temporal", True, "a condition with `not`"),
        ("tocsin.keep_firing_for: 1m", "temporal", True, "a condition with `not`"),
        ("tocsin.for: 1m\ntocsin.baseline: {min: 1}", "event_count", False, "`tocsin.baseline`"),
    ],
)
def test_what_is_decided_once_a_window_cannot_hold_for_longer(
    text: str, kind: str, waits: bool, words: str
) -> None:
    with pytest.raises(RuleRejected, match=words):
        read(text, kind, waits=waits)


def test_a_heartbeat_names_its_inventory() -> None:
    with pytest.raises(RuleRejected, match="needs an `inventory`"):
        read("tocsin.heartbeat: {inventory: ''}", "temporal", waits=True)


def test_a_condition_that_waits_has_its_own_window() -> None:
    with pytest.raises(RuleRejected, match="window of its own"):
        read("tocsin.window: tumbling", "temporal", waits=True)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("tocsin.for: 5m", 1, "does not belong on a detection rule"),
        ("tocsin.lookup: roles", 16, "must be a map"),
        ("tocsin.lookup: {key: a}", 16, "neither a table nor a calendar"),
        ("tocsin.lookup: {outside: c, key: a}", 16, "belong to a table"),
        ("tocsin.lookup: {outside: c, valid_at: event_time}", 16, "belong to a table"),
        ("tocsin.lookup: {table: t, valid_at: now}", 37, "cannot be `now`"),
        ("tocsin.lookup: {tabel: t}", 17, "unknown here"),
    ],
)
def test_a_faulty_extension_of_a_detection_rule_is_refused(text: str, column: int, words: str) -> None:
    with pytest.raises(RuleRejected) as caught:
        of_rule(table(text))
    assert words in caught.value.happened
    assert (caught.value.place.line, caught.value.place.column) == (2, column)
