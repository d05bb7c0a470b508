"""Before a rule changes, its author sees what it would have found and what it would have missed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

pytest.importorskip("numpy", reason="the extra `lake` is not installed")

from tocsin.app.backtest import backtest, over_lake
from tocsin.app.retro import Past
from tocsin.connectors.signals.inbound import signal_of
from tocsin.detection.rules import load
from tocsin.domain.severity import Severity
from tocsin.store.lake import SegmentLake

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RULE = """\
title: {title}
id: {title}
level: high
logsource: {{category: web}}
detection: {{selection: {selection}, condition: selection}}
"""


def rules(**selections):
    loaded = load(
        (f"{title}.yml", RULE.format(title=title, selection=text)) for title, text in selections.items()
    )
    assert not loaded.problems
    return loaded


def test_a_change_shows_alerts_added_removed_and_the_same(tmp_path) -> None:
    lake = SegmentLake(tmp_path)
    rows = [{"category": "web", "path": path, "time": (NOW + timedelta(hours=2 * n)).isoformat()}
            for n, path in enumerate(["/admin", "/login", "/admin", "/other"])]  # fmt: skip
    lake.append("web", [json.dumps(row).encode() for row in rows])
    find = over_lake(lake, Past(undated=NOW), {"high": Severity.P2}, signal_of)
    old = rules(stays="{path: /admin}", gone="{path: /login}")
    new = rules(stays="{path: [/admin, /other]}", fresh="{path: /login}")
    changed = backtest(old, new, find)
    assert [(each.rule_id, each.first_seen.hour) for each in changed.added] == [("fresh", 14), ("stays", 18)]
    assert [each.rule_id for each in changed.removed] == ["gone"]
    assert [(each.rule_id, each.first_seen.hour) for each in changed.same] == [("stays", 12), ("stays", 16)]


def test_the_same_rules_change_nothing() -> None:
    nothing = rules(one="{path: /admin}")
    changed = backtest(nothing, nothing, lambda _: ())
    assert (changed.added, changed.removed, changed.same) == ((), (), ())
