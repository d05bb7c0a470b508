"""Twenty thousand alerts in ten seconds and some P1 among them: paged in time, and nobody is drowned.

Of the 20,000 three fifths are warnings of 60 services, which page one person by ntfy, one fifth is
informational, one fifth silenced. Ten P1 are posted meanwhile, a second apart. Every alert must have a fate.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
from fates import Fate, fates, told
from partners import Partner, serving
from rig import Figures, Load, Rig, load_average, percentile, rig, wait

from served import bearer
from tocsin.domain.person import Role

P1_BAR_S = 5.0
MOST_MESSAGES = 3
WITHIN_S = 10.0
BATCH, SENDERS = 100, 8
ONCALL = """\
people: {ben: {name: Ben, contacts: [{channel: ntfy, address: ben}]}}
policies:
  default: {steps: {P1: [{after: 0s, page: ben}, {after: 60m, page: ben}],
                    P3: [{after: 0s, page: ben}, {after: 60m, page: ben}]}}
schedules:
  default: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}
"""


def prove(count: int = 20_000, p1s: int = 10) -> Figures:
    """Post `count` alerts within ten seconds."""
    figures = Figures("flood")
    with rig() as one, serving(Partner()) as partner:
        one.served.pack("oncall.yml", ONCALL)
        with one.started(TOCSIN_NTFY_URL=partner.url):
            _silence(one)
            calm_s = _calm(one, partner)
            flood = _Flood(one, [_alert(number) for number in range(count)])
            urgent = Load(one.served, one.token(Role.INGEST), "Qurgent")
            thread = threading.Thread(target=flood.run)
            thread.start()
            # Those that come while the server works off what it has not answered yet count as well.
            for _ in range(p1s):
                urgent.post()
                time.sleep(WITHIN_S / p1s)
            thread.join()
            figures.accepted = len(flood.accepted) + len(urgent.accepted)
            figures.said(
                f"{len(flood.accepted)} of {count} alerts accepted in {flood.took_s:.1f} s, "
                f"{flood.refusals} answers 503; load {load_average()}"
            )
            figures.demand(len(flood.accepted) == count, "not all alerts were accepted in the end")
            figures.demand(len(urgent.accepted) == p1s, f"P1 refused: {urgent.refused}")
            figures.said(f"one P1 in calm takes {calm_s:.2f} s")
            _judge(one, partner, figures, flood, urgent, calm_s)
    return figures


def _calm(one: Rig, partner: Partner) -> float:
    """Return how long (s) a P1 takes on this machine while nothing else goes on: the noise floor."""
    load = Load(one.served, one.token(Role.INGEST), "Qcalm")
    name = load.post()
    wait(lambda: name in partner.firsts(), 60)
    return partner.firsts().get(name, load.posted[name]) - load.posted[name]


def _judge(one: Rig, partner: Partner, figures: Figures, flood: _Flood, urgent: Load, calm_s: float) -> None:
    wait(lambda: urgent.accepted.keys() <= partner.firsts().keys(), 60)
    first = partner.firsts()
    took = [first[name] - urgent.posted[name] for name in urgent.accepted if name in first]
    figures.late(percentile(took, 1))
    figures.said(
        f"P1 paged: {len(took)}, median {percentile(took, 0.5):.2f} s, p99 {percentile(took, 0.99):.2f} s"
    )
    figures.demand(len(took) == len(urgent.accepted), "a P1 was not paged")
    slowest = percentile(took, 0.99)
    figures.demand(slowest <= P1_BAR_S + calm_s, f"P1 paged only after {slowest:.1f} s")
    time.sleep(3)
    messages = [json.loads(got.body) for got in partner.got]
    others = [
        each for each in messages if "Qurgent" not in json.dumps(each) and "Qcalm" not in json.dumps(each)
    ]
    figures.sent = len(messages)
    figures.duplicates = sum("Qurgent" in json.dumps(each) for each in messages) - len(took)
    figures.demand(len(others) <= MOST_MESSAGES, f"{len(others)} messages beside the P1 within 15 minutes")
    names = [*flood.accepted, *urgent.accepted]

    def settled() -> bool:
        with one.served.store() as store, store.reading() as shelves:
            found.update(fates(shelves, names, "n"))
        return Fate.WAITING not in found.values()

    found: dict[str, Fate] = {}
    for name in urgent.accepted:
        found[name] = Fate.PAGED
    names = [*flood.accepted]
    wait(settled, 60)
    figures.lost = sum(each is Fate.LOST for each in found.values())
    figures.said(f"{len(others)} messages beside the P1; {told(found)}")
    figures.demand(figures.lost == 0, f"{figures.lost} alerts have no fate")
    figures.demand(Fate.WAITING not in found.values(), "some alerts are still on their way after a minute")


class _Flood:
    """Posts all in ten seconds, or as fast as the server takes it; a 503 is repeated, as Prometheus does."""

    def __init__(self, one: Rig, alerts: Sequence[dict[str, dict[str, str]]]) -> None:
        self._one, self._token = one, one.token(Role.INGEST)
        self._batches = [alerts[at : at + BATCH] for at in range(0, len(alerts), BATCH)]
        self.accepted: set[str] = set()
        self.refusals = 0
        self.took_s = 0.0

    def run(self) -> None:
        begin = time.monotonic()
        with ThreadPoolExecutor(SENDERS) as pool:
            list(pool.map(lambda each: self._post(begin, *each), enumerate(self._batches)))
        self.took_s = time.monotonic() - begin

    def _post(self, begin: float, number: int, batch: Sequence[dict[str, dict[str, str]]]) -> None:
        time.sleep(max(begin + number * WITHIN_S / len(self._batches) - time.monotonic(), 0))
        url, headers = f"{self._one.served.url}/api/v2/alerts", bearer(self._token)
        for _ in range(200):
            answer = httpx.post(url, json=batch, headers=headers, timeout=120)
            if answer.status_code == 200:
                self.accepted |= {alert["labels"]["n"] for alert in batch}
                return
            self.refusals += 1
            time.sleep(0.2)


def _alert(number: int) -> dict[str, dict[str, str]]:
    kind = number % 5
    severity = "none" if kind == 3 else "warning"
    labels = {
        "alertname": f"Storm{number % 60}",
        "service": f"service-{number % 60}",
        "severity": severity,
        "n": f"n{number}",
        "quiet": "yes" if kind == 4 else "no",
    }
    return {"labels": labels, "annotations": {"summary": f"Storm{number % 60} fires"}}


def _silence(one: Rig) -> None:
    wanted = {"matchers": ["quiet=yes"], "reason": "They are being worked on.", "lasts": "2h"}
    answer = one.served.post("/api/v1/silences", one.token(Role.COMMANDER), json=wanted)
    assert answer.status_code == 200, answer.text
