"""What a check-up finds, one fault at a time."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tocsin.app.checkup import check_app
from tocsin.app.drills import ONCALL
from tocsin.app.home_checkup import Standing
from tocsin.app.hook_secrets import count_old_use, secrets_for
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.domain.arrival import Quarantined
from tocsin.domain.job import Job
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.flow.paging import DELIVER

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path):
    return load_settings({"TOCSIN_HOME": str(tmp_path)})


@pytest.fixture
def build(sqlite_store, settings):
    return lambda: build_app(settings)


def write(home, name: str, text: str) -> None:
    path = home / "packs" / "team" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def ill(findings) -> dict[str, Standing]:
    return {each.name: each.standing for each in findings if each.standing is not Standing.OK}


EVIDENCE = {"locker": Standing.WARNING, "recipients": Standing.WARNING}
"""What is said of a locker in a plain folder and without recipients, as it is shipped."""


def test_as_shipped_only_the_missing_schedule_and_a_plain_locker_are_warnings(build) -> None:
    assert ill(check_app(build())) == {"on call": Standing.WARNING, **EVIDENCE}


def test_people_who_are_called_by_the_inbox_only_are_a_warning(build, tmp_path) -> None:
    write(tmp_path, "oncall.yml", ONCALL.replace("STARTS", "2026-11-21"))
    (finding,) = (each for each in check_app(build()) if each.name == "on call")
    assert "reaches nobody outside" in finding.words


def test_a_channel_that_is_named_and_not_set_up_is_a_problem(build, tmp_path) -> None:
    oncall = ONCALL.replace("STARTS", "2026-11-21").replace(
        "channel: inbox, address: ben", "channel: fax, address: '1'"
    )
    write(tmp_path, "oncall.yml", oncall)
    (finding,) = (each for each in check_app(build()) if each.name == "channels")
    assert finding.standing is Standing.PROBLEM
    assert "'fax'" in finding.words


def test_a_real_channel_is_named_and_nothing_else_said(build, tmp_path) -> None:
    oncall = ONCALL.replace("STARTS", "2026-11-21").replace(
        "channel: inbox, address: ben", "channel: slack, address: C1"
    )
    write(tmp_path, "oncall.yml", oncall)
    app = build()

    class Real:
        name = "slack"
        is_real = True

    with_slack = replace(app, channels={**app.channels, "slack": Real()})
    findings = list(check_app(with_slack))
    assert "slack can reach people." in [each.words for each in findings]
    assert ill(findings) == EVIDENCE


def died(app, name: str, answer: str = "kind: refused") -> None:
    """Put an incident with a message by a channel that died."""
    body = json.dumps([{"labels": {"alertname": name, "severity": "critical"}}]).encode()
    app.hearing.api_alerts(body, "application/json", source="prometheus", sender="test")
    with app.store.transaction() as shelves:
        (newest,) = shelves.incidents.listed(limit=1)
        shelves.pages.add_delivery(
            Delivery(
                key=name,
                incident_id=newest.incident_id,
                page_id=None,
                person=None,
                channel="slack",
                address="C1",
                subject="x",
                state=DeliveryState.DEAD if answer else DeliveryState.DELIVERED,
                requested_at=app.clock.now(),
                finished_at=app.clock.now(),
                answer=answer,
            )
        )


def test_a_real_channel_whose_last_messages_all_died_is_a_problem(build) -> None:
    app = build()

    class Real:
        name = "slack"
        is_real = True

    app = replace(app, channels={**app.channels, "slack": Real()})
    died(app, "first", "")
    died(app, "second")
    assert "channels" not in ill(check_app(app))
    for name in ("third", "fourth"):
        died(app, name)
    (finding,) = (each for each in check_app(app) if each.name == "channels")
    assert finding.standing is Standing.PROBLEM
    assert finding.words == "None of the last 3 messages by slack got through: kind: refused"


def put(app, key: str, run_at: datetime) -> None:
    with app.store.transaction() as shelves:
        shelves.jobs.put(Job(kind=f"{DELIVER}.slack", key=key, run_at=run_at))


def deliveries(app) -> list[tuple[Standing, str]]:
    return [(each.standing, each.words) for each in check_app(app) if each.name == "deliveries"]


def test_messages_that_wait_are_counted_and_those_overdue_are_a_problem(build) -> None:
    app = build()
    assert deliveries(app) == [(Standing.OK, "Nothing waits.")]
    put(app, "soon", app.clock.now())
    assert deliveries(app) == [(Standing.OK, "1 on their way.")]
    put(app, "late", app.clock.now() - timedelta(minutes=11))
    ((standing, words),) = deliveries(app)
    assert (standing, words) == (
        Standing.PROBLEM,
        "2 on their way. 1 have been due for more than 10 minutes.",
    )


def test_what_died_lately_is_a_problem_and_what_died_long_ago_a_warning(build) -> None:
    app = build()
    for key, at in (("old", app.clock.now() - timedelta(days=2)), ("new", app.clock.now())):
        put(app, key, at)
        with app.store.transaction() as shelves:
            shelves.jobs.claim([f"{DELIVER}.slack"], "me", at, 30, 1)
            shelves.jobs.bury(key, "me", "no")
    assert deliveries(app) == [
        (Standing.PROBLEM, "1 given up in the last 24 hours."),
        (Standing.WARNING, "1 given up more than 24 hours ago."),
    ]


def test_a_broken_rule_is_named_with_its_place(build, tmp_path) -> None:
    write(tmp_path, "rules/bad.yml", "title: Bad\nlogsource: {product: aws}\n")
    found = [each for each in check_app(build()) if each.standing is Standing.PROBLEM]
    assert [each.name for each in found] == ["rules"]
    assert "bad.yml:1:1: " in found[0].words


def test_a_broken_metric_rule_is_named_with_its_place(build, tmp_path) -> None:
    write(tmp_path, "prometheus/bad.yml", "groups: [{name: g, rules: [{alert: Down, expr: 'up =='}]}]\n")
    found = [each for each in check_app(build()) if each.standing is Standing.PROBLEM]
    assert [each.name for each in found] == ["rules"]
    assert "prometheus/bad.yml:1:" in found[0].words


def test_rules_that_are_no_text_stop_nothing_and_are_named(build, tmp_path) -> None:
    write(tmp_path, "rules/bad.yml", "")
    (tmp_path / "packs" / "team" / "rules" / "bad.yml").write_bytes(b"\xff")
    app = build()
    assert app.policies.rules.rules
    assert ill(check_app(app))["rules"] is Standing.PROBLEM


def test_a_changed_exhibit_and_a_refused_check_are_problems(build, tmp_path) -> None:
    app = build()
    with app.store.transaction() as shelves:
        shelves.jobs.put(Job(kind="x", key="dead", run_at=NOW))
        (job,) = shelves.jobs.claim(["x"], "me", NOW + timedelta(seconds=1), 30, 1)
        shelves.jobs.bury("dead", job.owner, "no")
        shelves.quarantine.add(
            Quarantined(connector="signals", source="fw", reason="why", body=b"{", received_at=NOW)
        )
    assert {"deliveries", "quarantine"} <= ill(check_app(app)).keys()
    app.signer.verifier_key  # noqa: B018  (makes the key)
    (tmp_path / "keys" / "log.key.last").write_text("nonsense")
    assert ill(check_app(build()))["misconfigured"] is Standing.PROBLEM


def test_a_broken_log_and_a_lost_exhibit_are_problems(build, tmp_path) -> None:
    app = build()
    body = json.dumps([{"labels": {"alertname": "DiskFull", "severity": "critical"}}]).encode()
    app.hearing.api_alerts(body, "application/json", source="prometheus", sender="test")
    with app.store.reading() as shelves:
        incident = shelves.incidents.by_number(1)
    kept = {"name": "a", "media_type": "text/plain", "description": "d", "exported_by": "ada", "actor": "ada"}
    exhibit = app.respond.keep(incident.incident_id, content=io.BytesIO(b"x"), **kept)
    for path in (tmp_path / "evidence").rglob(exhibit.digest):
        path.unlink()
    app.signer.verifier_key  # noqa: B018  (makes the key)
    memory = tmp_path / "keys" / "log.key.last"
    memory.write_text(memory.read_text().replace("\n0\n", "\n9\n"))
    assert {"log", "exhibits"} <= ill(check_app(build())).keys()


def test_an_old_secret_that_a_sender_still_uses_is_a_warning_until_it_is_forgotten(build) -> None:
    app = build()
    (old,) = secrets_for("old", "shop", b"k")
    now = app.clock.now()
    for source, days in (("shop", 3), ("bank", 0), ("gone", 31)):
        with app.store.transaction() as shelves:
            count_old_use(shelves, "github", source, old, now - timedelta(days=days))
    told = [each.words for each in check_app(app) if each.name == "secrets"]
    assert told == [
        "An old secret of github/bank was still used today (1 in all).",
        "An old secret of github/shop was still used 3 days ago (1 in all).",
    ]
