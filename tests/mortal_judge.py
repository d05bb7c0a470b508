"""Judges what lies in a home's lake, and can be killed at any instant; run as a program by tests.

`python mortal_judge.py HOME BATCH` judges BATCH signals a commit, prints `judging` when it begins, and ends
with 0 once nothing is left. Its clock stands still, so that two runs can be compared to the byte.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

RULES = """
title: Failed login
name: login_failed
logsource: {category: authentication}
detection: {selection: {outcome: failure}, condition: selection}
level: low
---
title: Login
name: login_ok
logsource: {category: authentication}
detection: {selection: {outcome: success}, condition: selection}
level: informational
---
title: Export
name: export
logsource: {category: authentication}
detection: {selection: {outcome: export}, condition: selection}
level: low
---
title: Many failed logins of one user
name: many_failures
correlation: {type: event_count, rules: [login_failed], group-by: [user], timespan: 2m, condition: {gte: 8}}
level: high
---
title: One address, many users
correlation:
  {type: value_count, rules: [login_failed], group-by: [ip], timespan: 2m, condition: {field: user, gte: 5}}
level: high
---
title: Success after many failures
correlation: {type: temporal_ordered, rules: [many_failures, login_ok], group-by: [user], timespan: 5m}
level: critical
---
title: Login and export
correlation: {type: temporal, rules: [login_ok, export], group-by: [user], timespan: 30s}
level: medium
---
title: A lot of bytes
correlation:
  {type: value_sum, rules: [export], group-by: [user], timespan: 1m, condition: {field: bytes, gt: 4000}}
level: medium
---
title: A login that no export follows
correlation:
  type: temporal
  rules: [login_ok, export]
  group-by: [user]
  timespan: 1m
  condition: login_ok and not export
level: low
"""
STANDING = datetime(2026, 3, 2, tzinfo=UTC)
BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def app_of(home: Path) -> Any:
    """Return the application of a home folder on its own SQLite, made if it is not there yet."""
    from tocsin.app.settings import load_settings  # noqa: PLC0415 - only the child loads the application
    from tocsin.domain.clock import PushedClock  # noqa: PLC0415
    from tocsin.process.preparing import prepare  # noqa: PLC0415

    settings = load_settings({}, home=home)
    prepare(settings)
    from tocsin.app.wiring import build_app  # noqa: PLC0415 - Django must be set up first

    return build_app(settings, clock=PushedClock(STANDING))


def judge_all(home: Path, batch: int) -> None:
    """Judge until nothing is left."""
    app = app_of(home)
    from tocsin.connectors.signals.inbound import signal_of  # noqa: PLC0415
    from tocsin.detection.engine import compile_plan  # noqa: PLC0415
    from tocsin.detection.rules import load  # noqa: PLC0415
    from tocsin.worker import judging  # noqa: PLC0415

    judging.SIGNALS_AT_ONCE = batch
    levels = app.policies.words.sources["detection"].words
    plan = compile_plan(load([("proof.yml", RULES)]), levels=levels)
    work = judging.Judging(app.store, app.lake, plan, app.take, app.clock, signal_of)
    sys.stdout.write("judging\n")
    sys.stdout.flush()
    while work.round() == 0.0:
        pass


def alerts_of(home: Path) -> bytes:
    """Return every alert that stands in a home's database, as bytes to compare."""
    app = app_of(home)
    with app.store.reading() as shelves:
        alerts = shelves.alerts.recent(limit=100_000)
    rows = [
        [dict(alert.labels), alert.starts_at.isoformat(), alert.count, list(alert.evidence)]
        for alert in alerts
    ]
    return orjson.dumps(sorted(rows, key=orjson.dumps), option=orjson.OPT_SORT_KEYS)


if __name__ == "__main__":
    if sys.argv[2] == "alerts":
        sys.stdout.buffer.write(alerts_of(Path(sys.argv[1])))
    else:
        judge_all(Path(sys.argv[1]), int(sys.argv[2]))
