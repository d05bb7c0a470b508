"""The stage forgets what is over, and what decides nothing is never kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from nouns import INCIDENT, NOON, an_alert, an_incident, later
from tocsin.app.replay_stage import Stage
from tocsin.domain.incident import Status
from tocsin.domain.job import Job


def test_only_jobs_that_decide_are_kept():
    stage = Stage()
    with stage.transaction() as shelves:
        assert shelves.jobs.put(Job(kind="deliver.slack", key="a", run_at=NOON))
        assert shelves.jobs.put(Job(kind="escalate", key="b", run_at=NOON))
        shelves.log.append(uuid4(), b"leaf")
        shelves.marks.keep("pace-1", {"x": b""}, NOON)
    with stage.reading() as shelves:
        assert (shelves.jobs.get("a"), shelves.jobs.get("b").kind) == (None, "escalate")
        assert (shelves.log.waiting(), shelves.marks.all("pace-1")) == (0, {})


def test_what_is_over_for_a_day_is_forgotten_and_what_goes_on_is_kept():
    stage = Stage()
    ended = an_incident(incident_id=INCIDENT, status=Status.RESOLVED, resolved_at=later(60))
    active = an_incident(incident_id=uuid4(), number=99)
    with stage.transaction() as shelves:
        shelves.incidents.add(ended)
        shelves.incidents.add(active)
        shelves.alerts.add(an_alert(fingerprint="aa", incident_id=INCIDENT, ends_at=later(60), over=True))
        kept = shelves.alerts.add(
            an_alert(fingerprint="bb", incident_id=active.incident_id, ends_at=later(60), over=True)
        )
        shelves.alerts.add(an_alert(fingerprint="cc", ends_at=later(60), over=True))
    now = NOON + timedelta(days=2)
    stage.tidy(now, now)
    assert list(stage.tables.incidents) == [active.incident_id]
    assert list(stage.tables.alerts) == [kept.number]
    assert list(stage.tables.latest_alerts) == ["bb"]
