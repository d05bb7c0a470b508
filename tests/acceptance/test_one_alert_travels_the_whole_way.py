"""From the body that a real Prometheus posts to a closed incident, a valid record and a verified log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.incident import ClockKind, Incident, Status
from tocsin.domain.page import DeliveryState
from tocsin.incidents.record import r1_record, r1_schema
from tocsin.worker.kernel import Kernel, Lane
from tocsin.worker.seals import seals_of
from tocsin.worker.staff import lanes

JSON = "application/json"
OWN_COPY = Path(__file__).parent / "payloads" / "prometheus_firing.json"
ONCALL = """
people:
  ben: {name: Ben, contacts: [{channel: inbox, address: ben}]}
  ada: {name: Ada, contacts: [{channel: inbox, address: ada}]}
schedule: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2020-01-06, people: [ben, ada]}
escalation:
  P1: [{after: 0m, page: primary}, {after: 5m, page: primary}, {after: 10m, page: secondary}]
notices:
  - {channel: inbox, address: administrators, severities: [P1, P2, P3, P4], events: [opened, resolved]}
"""


class House:
    """One application whose loops are turned by hand and whose clock is pushed."""

    def __init__(self, app: App, clock: PushedClock) -> None:
        self.app = app
        self.clock = clock
        self.kernel = Kernel(app.store, clock, [_by_hand(lane) for lane in lanes(app)], "worker-1")
        self.seals = seals_of(app)

    def work(self, seconds: float = 0) -> None:
        """Let time pass in steps of at most ten seconds, and do all that is due in each."""
        left = timedelta(seconds=seconds)
        self.kernel.run_due()
        while left:
            step = min(left, timedelta(seconds=10))
            self.clock.push(step)
            left -= step
            self.kernel.run_due()
            self.seals.round()

    def incident(self) -> Incident:
        with self.app.store.reading() as shelves:
            found = shelves.incidents.by_number(1)
        assert found is not None
        return found

    def kinds(self) -> list[str]:
        with self.app.store.reading() as shelves:
            lines = shelves.timeline.of_incident(shelves.incidents.by_number(1).incident_id)
        return [line.kind.value for line in lines]


def _by_hand(lane: Lane) -> Lane:
    """Return the lane without its threads."""
    assert lane.pool is not None
    lane.pool.shutdown()
    return Lane(lane.handlers, lane.places)


def _alerts(text: str) -> list[dict]:
    """Return the alerts of a capture, or of a body as it is."""
    found = json.loads(text)
    if isinstance(found, dict):
        found = found.get("body", found.get("json", found.get("requests")))
    while isinstance(found, list) and found and "labels" not in found[0]:
        found = found[0].get("body", found[0].get("json"))
    assert isinstance(found, list)
    return found


@pytest.fixture(params=["own copy", "capture"])
def body(request: pytest.FixtureRequest) -> list[dict]:
    """Return what Prometheus posted: our renamed copy, and the captured original."""
    if request.param == "own copy":
        return _alerts(OWN_COPY.read_text(encoding="utf-8"))
    shared = request.getfixturevalue("shared")
    return _alerts((shared / "captures" / "prometheus_post_alerts_firing.json").read_text(encoding="utf-8"))


@pytest.fixture
def house(any_store, tmp_path: Path, body: list[dict]) -> House:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "oncall.yml").write_text(ONCALL, encoding="utf-8")
    started = max(datetime.fromisoformat(alert["startsAt"]) for alert in body)
    clock = PushedClock(started.astimezone(UTC) + timedelta(seconds=2))
    return House(build_app(load_settings({}, home=tmp_path), clock=clock, store=any_store), clock)


def _post(house: House, body: list[dict], **times: datetime) -> int:
    sent = [{**alert, **{name: at.isoformat() for name, at in times.items()}} for alert in body]
    heard = house.app.hearing.api_alerts(
        json.dumps(sent).encode(), JSON, source="prometheus", sender="prometheus"
    )
    assert heard.status == 200
    return heard.taken.accepted


def _as_critical(body: list[dict]) -> list[dict]:
    return [{**body[0], "labels": {**body[0]["labels"], "severity": "critical", "incident_type": "security"}}]


def test_an_alert_is_heard_called_kept_closed_and_proven(house: House, body: list[dict]) -> None:
    body = _as_critical(body)
    firing: Callable[[], int] = lambda: _post(  # noqa: E731
        house, body, endsAt=house.clock.now() + timedelta(minutes=4)
    )
    assert firing() == 1
    house.work()
    assert house.kinds()[:2] == ["incident.opened", "page.requested"]
    assert "exhibit.kept" in house.kinds()

    for _ in range(5):
        house.work(60)
        firing()
    house.work(10)
    incident_id = house.incident().incident_id
    with house.app.store.reading() as shelves:
        pages = shelves.pages.of_incident(incident_id)
        deliveries = shelves.pages.deliveries_of(incident_id)
    assert [(page.person, page.step) for page in pages] == [(pages[0].person, 0), (pages[0].person, 1)]
    assert {delivery.state for delivery in deliveries} == {DeliveryState.DELIVERED}
    assert house.kinds().count("clock.missed") == 1

    house.app.call.acknowledge(incident_id, pages[0].person, "the console")
    house.app.close.note(incident_id, pages[0].person, "The service was restarted.")
    house.work(600)
    with house.app.store.reading() as shelves:
        assert len(shelves.pages.of_incident(incident_id)) == 2

    _post(house, body, endsAt=house.clock.now() - timedelta(seconds=1))
    house.work(30)
    assert house.incident().status is Status.INVESTIGATING
    house.app.close.move(incident_id, Status.RESOLVED, pages[0].person)
    house.app.close.move(incident_id, Status.CLOSED, "ada")
    house.work(30)

    _is_proven(house)


def _is_proven(house: House) -> None:
    incident = house.incident()
    assert (incident.status, incident.severity.value) == (Status.CLOSED, "P1")
    assert {clock.kind for clock in incident.clocks} >= {ClockKind.ACKNOWLEDGE, ClockKind.REVIEW}
    with house.app.store.reading() as shelves:
        timeline = shelves.timeline.of_incident(incident.incident_id)
        entries = [decode(leaf.content) for leaf in shelves.log.leaves(0, shelves.log.size())]
        messages = [message["subject"] for message in shelves.inbox.recent()]
    jsonschema.validate(r1_record(incident, timeline), r1_schema(), format_checker=jsonschema.FormatChecker())
    told = [(entry.kind, entry.facts["text"]) for entry in entries if "text" in entry.facts]
    assert told == [(line.kind.value, line.text) for line in timeline]
    verdict = house.app.proving.verify()
    assert (verdict.sound, verdict.unsequenced) == (True, 0)
    assert verdict.sealed_size == verdict.size == len(entries)
    assert house.app.respond.verify()[1] == ()
    assert any("resolved" in subject for subject in messages)


def test_an_alert_that_nobody_resends_ends_the_incident_by_itself(house: House, body: list[dict]) -> None:
    alone = [{**body[0], "labels": {"alertname": "ApiDown", "service": "shop", "severity": "critical"}}]
    _post(house, alone, endsAt=house.clock.now() + timedelta(minutes=4))
    house.work(250)
    assert house.incident().status is Status.RESOLVED
    house.work(20)
    assert house.app.proving.verify().sound
