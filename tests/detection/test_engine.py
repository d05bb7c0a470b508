"""The plan: batches in, alerts out; the same alerts however the input is cut."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detection.engine import Diagnostic, Hit, Plan, compile_plan, latest, stable_order
from tocsin.detection.problems import LevelNotMapped
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.state import WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

LOGIN = """title: Failed
name: failed
logsource: {category: authentication}
detection:
  s: {outcome: failure}
  condition: s
level: low
"""
STUFFING = """title: Stuffing
id: stuffing
correlation:
  type: value_count
  rules: [failed]
  group-by: [src_ip]
  timespan: 10m
  condition: {field: user, gte: 5}
level: critical
"""
PLAIN = LOGIN.replace("failure", "success").replace("failed", "passed").replace("Failed", "Passed")
TWICE = """title: Twice
correlation:
  type: event_count
  rules: [failed, passed]
  group-by: [user]
  timespan: 5m
  condition: {gte: 2}
  generate: true
"""


def failure(user: str, **more: Any) -> dict[str, Any]:
    return {"class": "authentication", "outcome": "failure", "user": user, "src_ip": "203.0.113.9", **more}


def hunt(plan: Plan, batches: Iterable[Sequence[Signal]]) -> tuple[DetectedAlert, ...]:
    """Judge batches in turn, each time from stored bytes, and return the final form of every alert."""
    stored: dict[int, bytes] = {}
    alerts: list[DetectedAlert] = []
    for batch in batches:
        judged = plan.judge(WindowState.load(stored), batch)
        stored = judged.state.dump()
        alerts.extend(judged.alerts)
    return latest([*alerts, *plan.finish(WindowState.load(stored)).alerts])


def test_a_burst_of_failed_logins_is_one_alert_with_an_exact_count(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING)
    batch = [make_signal(failure(f"u{number}"), at=number * 0.05, position=number) for number in range(3_500)]
    judged = plan.judge(WindowState(), batch)
    (alert,) = judged.alerts
    assert (alert.rule_id, alert.severity, alert.count) == ("stuffing", Severity.P1, 3_500)
    assert (alert.first_seen, alert.last_seen) == (batch[0].time, batch[-1].time)
    assert alert.group == (("src_ip", "203.0.113.9"),)
    assert len(alert.evidence) == 50
    assert plan.finish(judged.state).alerts == (alert,)


def test_a_later_batch_updates_the_alert_under_the_same_key(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING)
    first = plan.judge(WindowState(), [make_signal(failure(f"u{n}"), at=n, position=n) for n in range(5)])
    quiet = plan.judge(first.state, [make_signal({"class": "other"}, at=6)])
    later = plan.judge(quiet.state, [make_signal(failure("u9"), at=9, position=9)])
    assert [alert.count for alert in first.alerts] == [5]
    assert quiet.alerts == ()
    assert [alert.count for alert in later.alerts] == [6]
    assert first.alerts[0].key == later.alerts[0].key
    assert later.alerts[0].last_seen > first.alerts[0].last_seen


def test_judging_again_from_the_old_state_gives_the_same(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING, PLAIN)
    signals = [make_signal(failure(f"u{n}"), at=n, position=n) for n in range(8)]
    signals += [
        make_signal({"class": "authentication", "outcome": "success"}, at=n, position=90 + n) for n in (1, 9)
    ]
    state = plan.judge(WindowState(), signals[:9]).state
    before = state.dump()
    again = [plan.judge(state, signals[9:] + signals[5:8]) for _ in range(2)]
    assert state.dump() == before
    assert again[0] == again[1]


def test_a_plain_rule_folds_until_an_hour_is_quiet(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(PLAIN)
    record = {"class": "authentication", "outcome": "success"}
    times = [0, 3_600, 7_200, 10_800.000001, 10_801]
    alerts = hunt(plan, [[make_signal(record, at=at, position=n) for n, at in enumerate(times)]])
    assert [(alert.count, alert.group) for alert in alerts] == [(3, ()), (2, ())]


def test_rules_in_a_correlation_are_silent_unless_it_generates(make_plan: Any, make_signal: Any) -> None:
    signal = make_signal(failure("ada"))
    assert make_plan(LOGIN, STUFFING).judge(WindowState(), [signal]).alerts == ()
    generated = make_plan(LOGIN, STUFFING, PLAIN, TWICE).judge(WindowState(), [signal])
    assert [alert.rule_title for alert in generated.alerts] == ["Failed"]


def test_a_batch_is_taken_in_order_of_time(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING)
    batch = [make_signal(failure(f"u{n}"), at=n * 60, position=n) for n in range(9)]
    assert plan.judge(WindowState(), batch[::-1]).alerts == plan.judge(WindowState(), batch).alerts


def test_what_a_correlation_cannot_use_is_visible(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING)
    bare = {"class": "authentication", "outcome": "failure"}
    assert plan.diagnostics(WindowState()) == ()
    batch = [make_signal(bare), make_signal({**bare, "src_ip": "x"}, position=1)]
    state = plan.judge(plan.judge(WindowState(), batch).state, batch).state
    assert plan.diagnostics(state) == (
        Diagnostic(rule_id="stuffing", rule_title="Stuffing", what="missing_group_key", count=2),
        Diagnostic(rule_id="stuffing", rule_title="Stuffing", what="missing_value", count=2),
    )


def test_a_changed_rule_set_drops_only_what_no_longer_applies(make_plan: Any, make_signal: Any) -> None:
    old = make_plan(LOGIN, STUFFING, PLAIN)
    passed = make_signal({"class": "authentication", "outcome": "success"}, position=50)
    batch = [make_signal(failure(f"u{n}"), at=n, position=n) for n in range(4)]
    state = old.judge(WindowState(), [*batch, passed]).state
    described = make_plan(LOGIN, STUFFING + "description: better\n", PLAIN)
    fifth = make_signal(failure("u4"), at=5, position=5)
    assert [alert.count for alert in described.judge(state, [fifth]).alerts] == [5]
    stricter = make_plan(LOGIN, STUFFING.replace("gte: 5", "gte: 4"), PLAIN)
    judged = stricter.judge(state, [fifth])
    assert judged.alerts == ()
    assert [alert.rule_title for alert in stricter.finish(judged.state).alerts] == ["Passed"]


def test_windows_that_passed_are_forgotten(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING)
    state = WindowState()
    for number in range(40):
        one = make_signal(failure("ada", src_ip=f"10.0.0.{number}"), at=number * 60, position=number)
        state = plan.judge(state, [one]).state
    kept = [rule for shard in state.shards.values() for rule in shard.rules.values()]
    assert sum(rule.size for rule in kept) == 2 * sum(len(rule.groups) for rule in kept)
    later = plan.judge(state, [make_signal({"class": "other"}, at=90_000)]).state
    gone = plan.judge(later, [make_signal(failure("ada"), at=90_000)]).state
    assert sum(len(rule.groups) for shard in gone.shards.values() for rule in shard.rules.values()) <= 40


def test_a_level_without_a_severity_in_the_map_stops_the_plan(load_sound: Any) -> None:
    with pytest.raises(LevelNotMapped, match="low"):
        compile_plan(load_sound(LOGIN), levels={"high": Severity.P2})
    nameless = compile_plan(load_sound(LOGIN.replace("level: low\n", "")), levels={})
    assert nameless.finish(WindowState()).alerts == ()


def test_hits_names_the_rules_of_one_signal(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING, PLAIN)
    assert [rule.header.title for rule in plan.hits(make_signal(failure("ada")))] == ["Failed"]


def test_a_plan_knows_of_which_log_sources_it_speaks(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN)
    assert plan.asks_about(make_signal(failure("ada"), 0))
    assert not plan.asks_about(make_signal({"product": "nobody"}, 0))


def test_one_bad_signal_does_not_stop_the_batch(make_plan: Any, make_signal: Any) -> None:
    deep: Any = []
    for _ in range(20_000):
        deep = [deep]
    bad = [
        {**failure("x"), "src_ip": deep, "user": deep},
        {**failure("\ud800"), "src_ip": {"a": 10**6000}},
        {**failure("x"), 5: None, None: 5},
        [],
        None,
    ]
    signals = [
        make_signal(record, position=n) for n, record in enumerate(bad) if not isinstance(record, dict)
    ]
    signals += [
        Signal(raw=b"", record=record, time=signals[0].time, source="idp", position=10 + n)
        for n, record in enumerate(bad)
        if isinstance(record, dict)
    ]
    plan = make_plan(LOGIN, STUFFING, PLAIN, TWICE)
    judged = plan.judge(WindowState(), [*signals, *(make_signal(failure(f"u{n}"), at=n) for n in range(5))])
    assert "Stuffing" in {alert.rule_title for alert in judged.alerts}
    assert WindowState.load(judged.state.dump()) == judged.state


STEPS = st.lists(
    st.tuples(st.integers(0, 300), st.sampled_from("ABab"), st.sampled_from(["failure", "success", "x"])),
    max_size=40,
)


@given(STEPS, st.lists(st.integers(0, 40), max_size=8))
def test_the_cut_into_batches_does_not_change_the_alerts(
    make_plan: Any, make_signal: Any, steps: list[tuple[int, str, str]], cuts: list[int]
) -> None:
    plan = make_plan(LOGIN, STUFFING.replace("gte: 5", "gte: 2"), PLAIN, TWICE)
    now, signals = 0, []
    for position, (step, user, outcome) in enumerate(steps):
        now += step
        signals.append(make_signal(failure(user, outcome=outcome), at=now, position=position))
    edges = sorted({0, len(signals), *(cut for cut in cuts if cut < len(signals))})
    parts = [signals[start:end] for start, end in pairwise(edges)]
    whole = hunt(plan, [signals])
    assert hunt(plan, parts) == whole
    assert hunt(plan, [[signal] for signal in signals]) == whole
    assert stable_order(reversed(whole)) == whole


@pytest.fixture(scope="module")
def trail(shared: Path) -> list[Signal]:
    """The 2,900 shared CloudTrail records as signals."""
    lines = gzip.decompress((shared / "data" / "cloudtrail-invictus.ndjson.gz").read_bytes()).splitlines()
    records = [orjson.loads(line) for line in lines]
    return [
        Signal(
            raw=line,
            record=record,
            time=datetime.fromisoformat(record["eventTime"]),
            source="cloudtrail",
            position=number,
        )
        for number, (line, record) in enumerate(zip(lines, records, strict=True))
    ]


def test_sigmahqs_aws_rules_find_the_attack_in_cloudtrail(
    sigmahq: Path,
    rule_files: Callable[[Iterable[Path]], list[tuple[str, str]]],
    levels: Mapping[str, Severity | None],
    trail: list[Signal],
) -> None:
    found: RuleSet = load(rule_files((sigmahq / "rules" / "cloud" / "aws").rglob("*.yml")))
    plan = compile_plan(found, levels=levels)
    raw = Counter(rule.header.title for signal in trail for rule in plan.hits(signal))
    assert (len(trail), found.problems) == (2_900, ())
    assert (raw.total(), len(raw)) == (109, 11)
    alerts = hunt(plan, [trail])
    assert Counter({alert.rule_title: alert.count for alert in alerts}) == raw
    assert hunt(plan, [trail[start : start + 700] for start in range(0, len(trail), 700)]) == alerts


def test_the_shipped_rules_tell_the_story_of_a_credential_stuffing(
    rule_files: Callable[[Iterable[Path]], list[tuple[str, str]]],
    levels: Mapping[str, Severity | None],
    make_signal: Any,
) -> None:
    pack = Path(__file__).resolve().parents[2] / "packs" / "baseline" / "rules"
    plan = compile_plan(load(rule_files(pack.glob("*.yml"))), levels=levels)
    login = {"class": "authentication", "product": "tocsin-drill", "action": "login", "src_ip": "203.0.113.9"}
    story = [{**login, "outcome": "failure", "user": f"user{n % 8}"} for n in range(60)]
    story += [
        {**login, "outcome": "success", "user": "user3"},
        {"class": "data_access", "action": "export", "records": 18_000, "user": "user3"},
        {"class": "data_access", "action": "export", "records": 100, "user": "user3"},
        {"class": "credential", "action": "api_key.create", "user": "user3"},
    ]
    alerts = hunt(plan, [[make_signal(record, at=n * 4, position=n) for n, record in enumerate(story)]])
    assert {alert.rule_title: (alert.severity, alert.count) for alert in alerts} == {
        "Failed Logins to Many Accounts From One Address": (Severity.P1, 60),
        "Spike of Failed Logins": (Severity.P2, 60),
        "Successful Login": (None, 1),
        "Large Data Export": (Severity.P2, 1),
        "API Key Created": (Severity.P3, 1),
    }
    slow = [{**login, "outcome": "failure", "user": "ada"} for _ in range(11)]
    alerts = hunt(plan, [[make_signal(record, at=n * 360, position=n) for n, record in enumerate(slow)]])
    assert {alert.rule_title: (alert.severity, alert.count) for alert in alerts} == {
        "Many Failed Logins of One User": (Severity.P1, 11)
    }
    ordinary = [{**login, "outcome": "failure", "user": f"user{n % 4}"} for n in range(12)]
    assert (
        hunt(plan, [[make_signal(record, at=n * 30, position=n) for n, record in enumerate(ordinary)]]) == ()
    )


def test_lines_can_be_sifted_first_and_their_hits_weighed(make_plan: Any, make_signal: Any) -> None:
    plan = make_plan(LOGIN, STUFFING, PLAIN)
    signals = [make_signal(failure(f"u{n}"), at=n, position=n) for n in range(6)]
    signals.insert(3, make_signal({"class": "other"}, at=3, position=9))
    sifted = plan.sift([signal.raw for signal in signals])
    assert sifted == [(0, (0,)), (1, (0,)), (2, (0,)), (4, (0,)), (5, (0,)), (6, (0,))]
    hits = [Hit(signals[number], rules) for number, rules in sifted]
    weighed = plan.weigh(WindowState(), hits, heard=micros(signals[-1].time))
    assert weighed.alerts == plan.judge(WindowState(), signals).alerts
    assert [alert.count for alert in weighed.alerts] == [6]
    assert plan.weigh(weighed.state, [], heard=micros(signals[-1].time)).alerts == ()
