"""An acknowledgement while the next step is being sent: nobody after it is called, and both are logged."""

from __future__ import annotations

import json
import random
import tempfile
import threading
import time
from pathlib import Path

import httpx
from rig import Figures

from nodes import PAGED_TWICE, House, furnished, nursery
from receiver import Posted, receiving
from served import bearer, wait_for

ONCALL = """\
people:
  ben: {name: Ben, contacts: [{channel: webhook, address: "URL/ben"}]}
  ada: {name: Ada, contacts: [{channel: webhook, address: "URL/ada"}]}
  chidi: {name: Chidi, contacts: [{channel: webhook, address: "URL/chidi"}]}
schedule: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}
repeat: never
escalation:
  P2: [{after: 0m, page: ben}, {after: 3s, page: ada}, {after: 9s, page: chidi}]
"""
STEP_S = 3.0
LAST_S = 6.0
AT_ONCE = 10
"""A receiver that holds requests fills the channel's 16 places."""
AROUND_S = 0.3


def prove(trials: int = 20, seed: int = 4) -> Figures:
    """Acknowledge while a receiver holds the next step's page, and at moments around the time it is due."""
    figures = Figures("acknowledge race")
    with (
        receiving() as receiver,
        nursery(receiver.url, ONCALL) as (brood, template),
        tempfile.TemporaryDirectory(prefix="tocsin-race-") as folder,
    ):
        house = furnished(Path(folder) / "home", brood, template, receiver, 1)
        house.labels = PAGED_TWICE
        try:
            house.start()
            for begun in range(0, trials, AT_ONCE):
                _held(house, figures, min(AT_ONCE, trials - begun))
            _around(house, figures, trials, random.Random(seed))
            _is_logged(house, figures)
        finally:
            house.close()
    figures.accepted, figures.sent = len(house.accepted), len(receiver.pages())
    figures.duplicates = len(receiver.pages()) - len(receiver.keys())
    figures.demand(not figures.duplicates, "a page came twice")
    return figures


def _held(house: House, figures: Figures, trials: int) -> None:
    """The receiver has the request of the next step in its hands when somebody acknowledges."""
    incidents = _posted(house, trials)
    wait_for(house.is_at_rest, 20, "all first pages written down")
    house.receiver.hold()
    for incident in incidents:
        wait_for(lambda: _is_sent(house, incident), STEP_S + 20, "the next step's page")  # noqa: B023
        _acknowledge(house, incident)
    house.receiver.release()
    time.sleep(LAST_S + 2)
    _judge(house, figures, incidents)


def _around(house: House, figures: Figures, trials: int, chance: random.Random) -> None:
    """Somebody acknowledges within a moment of the time at which the next step is due."""
    before = {page.message["incident"]: page.at for page in _of(house, "/ben")}
    incidents = _posted(house, trials)
    firsts = {page.message["incident"]: page.at for page in _of(house, "/ben")}
    threads = []
    for incident in incidents:
        at = firsts[incident] + STEP_S + chance.uniform(-AROUND_S, AROUND_S)
        threads.append(threading.Timer(max(at - time.monotonic(), 0), _acknowledge, (house, incident)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    time.sleep(LAST_S + 2)
    _judge(house, figures, [incident for incident in incidents if incident not in before])


def _is_sent(house: House, incident: str) -> bool:
    return any(page.message["incident"] == incident for page in _of(house, "/ada"))


def _posted(house: House, trials: int) -> list[str]:
    """Post alerts, and return their incidents once their first pages have come."""
    known = {page.message["incident"] for page in _of(house, "/ben")}
    with httpx.Client(headers=bearer(house.token), timeout=15) as client:
        for _ in range(trials):
            house.post(client, house.nodes[0])
    wait_for(lambda: len(_of(house, "/ben")) >= len(known) + trials, 20, "all first pages")
    return [page.message["incident"] for page in _of(house, "/ben") if page.message["incident"] not in known]


def _acknowledge(house: House, incident: str) -> None:
    path = f"/api/v1/incidents/{incident}/acknowledge"
    answer = house.nodes[0].post(path, house.token)
    if answer.status_code != 200:
        raise SystemExit(f"An acknowledgement was refused: {answer.text}")


def _judge(house: House, figures: Figures, incidents: list[str]) -> None:
    seconds = [sum(page.message["incident"] == each for page in _of(house, "/ada")) for each in incidents]
    thirds = [page for page in _of(house, "/chidi") if page.message["incident"] in incidents]
    figures.said(f"{len(incidents)} acknowledged; {sum(seconds)} were being sent to the next step already")
    figures.demand(max(seconds) <= 1, "the next step was called more than once")
    figures.demand(not thirds, f"{len(thirds)} pages went to the step after the next")
    for incident, paged in zip(incidents, seconds, strict=True):
        kinds = house.nodes[0].timeline(house.token, incident)
        is_told = "incident.acknowledged" in kinds and kinds.count("page.requested") >= 1 + paged
        figures.demand(is_told, f"{incident}'s timeline tells not both: {kinds}")


def _is_logged(house: House, figures: Figures) -> None:
    """The audit log holds an entry for each page that went, and for each acknowledgement."""
    with house.nodes[0].store() as store, store.reading() as shelves:
        written = [leaf.content for leaf in shelves.log.leaves(0, shelves.log.size())]
        written += shelves.log.waiting_contents()
    entries = [json.loads(content) for content in written]
    for kind, wanted in (
        ("incident.acknowledged", len(house.accepted)),
        ("page.delivered", len(house.receiver.keys())),
    ):
        found = sum(entry["kind"] == kind for entry in entries)
        figures.demand(found >= wanted, f"the log has {found} of {wanted} entries {kind}")


def _of(house: House, path: str) -> list[Posted]:
    return house.receiver.pages(path)
