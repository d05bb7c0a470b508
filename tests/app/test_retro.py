"""A hunt over the stored past finds what a hunt over the same records in files finds."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

from tocsin.app import hunting
from tocsin.app.lakekeeping import time_of
from tocsin.app.packs import shipped_packs
from tocsin.app.retro import Past, Retro
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.rules import load
from tocsin.domain.errors import NotFound
from tocsin.domain.severity import Severity
from tocsin.store.lake import SegmentLake, hot, retention, sealing
from tocsin.store.lake.manifest import Manifest
from tocsin.store.lake.refusals import LakeBroken

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WORDS = {
    "critical": Severity.P1,
    "high": Severity.P2,
    "medium": Severity.P3,
    "low": Severity.P4,
    "informational": None,
}


def login(minute: float, user="ada", outcome="failure", **more) -> dict:
    at = (NOW + timedelta(minutes=minute)).isoformat()
    row = {
        "class": "authentication",
        "action": "login",
        "outcome": outcome,
        "user": user,
        "src_ip": "192.0.2.1",
    }
    return {**row, "time": at, **more}


RECORDS = [
    *(login(n / 10, user=f"user{n % 7}") for n in range(60)),
    *(login(200 + n / 10, user="ben") for n in range(20)),
    login(300, outcome="success"),
    {"class": "authentication", "action": "login", "outcome": "failure", "user": "undated"},
    {"class": "api", "action": "export", "rows": [1, {"x": 2}], "time": NOW.isoformat()},
    *(login(60 * 24 + n / 10) for n in range(20)),
]


@pytest.fixture(scope="module")
def rules():
    folder = shipped_packs() / "baseline" / "rules"
    return load((path.name, path.read_text()) for path in sorted(folder.glob("*.yml")))


@pytest.fixture
def lake(tmp_path):
    return SegmentLake(tmp_path / "lake")


def lines(records) -> list[bytes]:
    return [json.dumps(each).encode() for each in records]


def seal(lake, source="prod") -> None:
    ended = hot.roll(lake.root / source, NOW.date())
    sealing.seal(lake.root, source, ended, time_of, NOW)
    hot.drop(ended)


def told(alerts, *, placed=True) -> list[dict]:
    """Return alerts as a hunt prints them; `placed` keeps source and position, which stores give."""
    records = [hunting.alert_record(alert) for alert in alerts]
    for each in records if not placed else ():
        each["evidence"] = [{name: ref[name] for name in ("time", "raw")} for ref in each["evidence"]]
    return records


@pytest.fixture
def found(lake, rules):
    plan = hunting.plan_for(rules, WORDS)

    def run(**past):
        damaged: list[str] = []
        hunted = Retro.of(lake, plan, rules, signal_of).hunt(Past(undated=UNDATED, **past), damaged.append)
        assert not damaged
        return hunted

    return run


def in_files(tmp_path, rules, records):
    path = tmp_path / "records.ndjson"
    path.write_bytes(b"\n".join(lines(records)))
    plan = hunting.plan_for(rules, WORDS)
    return hunting.hunt([path], plan, undated=UNDATED, refuse=pytest.fail)


def test_hot_sealed_and_mixed_give_the_alerts_of_files_byte_for_byte(lake, found, rules, tmp_path) -> None:
    expected = in_files(tmp_path, rules, RECORDS)
    assert len(expected.alerts) > 3
    lake.append("prod", lines(RECORDS))
    all_hot = found()
    seal(lake)
    all_sealed = found()
    assert json.dumps(told(all_sealed.alerts)) == json.dumps(told(all_hot.alerts))
    assert json.dumps(told(all_sealed.alerts, placed=False)) == json.dumps(
        told(expected.alerts, placed=False)
    )
    for hunted in (all_hot, all_sealed):
        assert (hunted.signals, hunted.unasked) == (expected.signals, expected.unasked)


def test_what_is_partly_sealed_is_found_once(lake, found) -> None:
    lake.append("prod", lines(RECORDS[:50]))
    seal(lake)
    lake.append("prod", lines(RECORDS[50:75]))
    seal(lake)
    lake.append("prod", lines(RECORDS[75:]))
    mixed = found()
    seal(lake)
    assert told(found().alerts) == told(mixed.alerts)
    assert mixed.signals == len(RECORDS)


def test_several_sources_are_judged_in_the_order_of_time(lake, found, rules, tmp_path) -> None:
    lake.append("one", lines(RECORDS[::2]))
    lake.append("two", lines(RECORDS[1::2]))
    seal(lake, "one")
    expected = told(in_files(tmp_path, rules, RECORDS).alerts, placed=False)
    alerts = told(found().alerts, placed=False)
    assert [(each["rule_id"], each["count"], each["group"]) for each in alerts] == [
        (each["rule_id"], each["count"], each["group"]) for each in expected
    ]
    assert found(source="one").signals == len(RECORDS[::2])


@pytest.mark.parametrize("sealed", [True, False])
def test_bounds_leave_out_what_lies_outside_but_never_what_names_no_time(lake, found, sealed) -> None:
    lake.append("prod", lines(RECORDS))
    if sealed:
        seal(lake)
    assert found(since=NOW + timedelta(hours=3)).signals == 20 + 1 + 1 + 20
    assert found(until=NOW + timedelta(minutes=200)).signals == 60 + 1 + 1
    assert found(since=NOW + timedelta(days=9)).signals == 1


def test_a_segment_outside_the_bounds_is_not_even_opened(lake, found) -> None:
    lake.append("prod", lines([login(0)]))
    seal(lake)
    (segment,) = Manifest(lake.root).listing().segments
    os.unlink(lake.root / segment.path)
    assert found(since=NOW + timedelta(days=1)).signals == 0
    with pytest.raises(LakeBroken, match="no such file"):
        found()


def test_cold_segments_are_hunted_too(lake, found) -> None:
    lake.append("prod", lines(RECORDS))
    seal(lake)
    before = told(found().alerts)
    contents = lake.contents()
    (segment,) = contents.segments
    retention.cool(lake.root, segment, NOW)
    assert told(found().alerts) == before
    assert lake.segment(segment).groups == 1


def test_a_damaged_segment_is_said_aloud(lake, found) -> None:
    lake.append("prod", lines(RECORDS))
    seal(lake)
    (segment,) = Manifest(lake.root).listing().segments
    (lake.root / segment.path).chmod(0o600)
    (lake.root / segment.path).write_bytes(b"Eve was here")
    with pytest.raises(LakeBroken, match="cannot be read"):
        found()


def test_a_damaged_hot_line_is_named_and_the_rest_is_hunted(lake, rules) -> None:
    lake.append("prod", [*lines([login(0)]), b"damaged"])
    damaged: list[str] = []
    retro = Retro.of(lake, hunting.plan_for(rules, WORDS), rules, signal_of)
    assert retro.hunt(Past(undated=UNDATED), damaged.append).signals == 1
    assert "prod" in damaged[0]


def test_a_hot_file_that_is_sealed_while_we_look_is_read_where_it_went(lake, found, monkeypatch) -> None:
    lake.append("prod", lines(RECORDS))
    contents, sealed = lake.contents, []

    def first_sealed(source=""):
        seen = contents(source)
        if not sealed:
            sealed.append(seal(lake))
        return seen

    monkeypatch.setattr(type(lake), "contents", lambda _, source="": first_sealed(source))
    assert found().signals == len(RECORDS)


def test_a_source_without_signals_is_refused_and_an_empty_lake_is_quiet(lake, found) -> None:
    assert found().signals == 0
    with pytest.raises(NotFound, match="never"):
        found(source="never")


def test_records_that_have_no_columns_are_judged_by_themselves(lake, found) -> None:
    deep = '{"a":' * 20 + "1" + "}" * 20
    odd = lines([login(1)])[0][:-1] + b', "deep": ' + deep.encode() + b"}"
    lake.append("prod", [*lines(RECORDS[:3]), odd])
    hot_alerts = told(found().alerts)
    seal(lake)
    (segment,) = lake.contents().segments
    assert segment.odd == 1
    assert told(found().alerts) == hot_alerts


def test_hits_come_in_the_order_of_their_time(lake, rules) -> None:
    lake.append("prod", lines(reversed(RECORDS)))
    seal(lake)
    retro = Retro.of(lake, hunting.plan_for(rules, WORDS), rules, signal_of)
    times = [hit.signal.time for hit in retro.hits(Past(undated=UNDATED))]
    assert times == sorted(times)
    assert len(times) > 50


def test_real_windows_records_give_the_same_alerts_sealed_as_in_files(
    shared, lake, found, rules, tmp_path
) -> None:
    with gzip.open(shared / "data" / "windows-otrf.ndjson.gz") as packed:
        records = [line.rstrip(b"\n") for number, line in enumerate(packed) if number % 25 == 0]
    own = load(
        [
            ("a.yml", RULE.format(n=1, selection="{EventID: [1, 4688], Image|endswith: '.exe'}")),
            ("b.yml", RULE.format(n=2, selection="{TargetObject|contains: 'currentversion'}")),
            ("c.yml", RULE.format(n=3, selection="['*powershell*']")),
        ]
    )
    assert not own.problems
    path = tmp_path / "records.ndjson"
    path.write_bytes(b"\n".join(records))
    plan = hunting.plan_for(own, WORDS)
    expected = hunting.hunt([path], plan, undated=UNDATED, refuse=pytest.fail)
    lake.append("win", records)
    seal(lake, "win")
    hunted = Retro.of(lake, plan, own, signal_of).hunt(Past(undated=UNDATED))
    assert [(each.rule_id, each.count, each.first_seen) for each in hunted.alerts] == [
        (each.rule_id, each.count, each.first_seen) for each in expected.alerts
    ]
    assert len(hunted.alerts) >= 3


RULE = """\
title: Windows {n}
id: w{n}
level: high
logsource: {{product: windows}}
detection: {{selection: {selection}, condition: selection}}
"""
