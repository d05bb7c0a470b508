"""Dead-man's switches both ways: a Watchdog that stays away pages, our own sign of life stops for late work.

The Watchdog is Prometheus' always-firing alert. It is sent every second, then not at all: a page must come,
by another channel than that of usual pages, whose receiver hangs. While that one hangs its messages pile up
and become overdue (more than a minute): our sign of life must stop, and come back once all is done.
"""

from __future__ import annotations

import threading
import time

from partners import Partner, hanging, serving
from rig import Figures, Load, Rig, rig, wait

from tocsin.domain.person import Role

EVERY_S, GRACE_S = 10, 2
LOOKS_S = 15.0
OVERDUE_S = 60.0
SOURCES = """\
heartbeats:
  - {name: prometheus, alert: ['alertname = Watchdog'], every: 10s, grace: 2s}
sources: [{name: default, severity: none}]
"""
ONCALL = """\
people:
  ada: {{name: Ada, contacts: [{{channel: ntfy, address: ada}}]}}
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/usual"}}]}}
policies:
  default: {{steps: {{P1: [{{after: 0s, page: ben}}, {{after: 60m, page: ben}}]}}}}
  signs: {{steps: {{P1: [{{after: 0s, page: ada}}, {{after: 60m, page: ada}}]}}}}
routes: [{{name: signs of life, when: ['alertname = WatchdogMissing'], policy: signs}}]
schedules:
  default: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}}
"""


def prove(is_late_too: bool = True) -> Figures:
    """Run both ways on one server; work that is late takes more than a minute."""
    figures = Figures("dead man")
    with rig() as one, serving(Partner()) as partner:
        one.served.pack("oncall.yml", ONCALL.format(url=partner.url))
        one.served.pack("sources.yml", SOURCES)
        settings = {
            "TOCSIN_NTFY_URL": partner.url,
            "TOCSIN_HEARTBEAT_URL": f"{partner.url}/alive",
            "TOCSIN_HEARTBEAT_SECONDS": "1",
            # One thread a channel (and three for what drags on): work is soon overdue when a receiver hangs.
            "TOCSIN_DELIVERY_THREADS": "1",
            "TOCSIN_DELIVERY_ATTEMPTS": "2",
        }
        with one.started(**settings):
            _missing_watchdog(one, partner, figures)
            if is_late_too:
                _late_work(one, partner, figures)
    return figures


def _missing_watchdog(one: Rig, partner: Partner, figures: Figures) -> None:
    token, stop = one.token(Role.INGEST), threading.Event()

    def beat() -> None:
        while not stop.wait(1.0):
            one.served.post_alert(token, alertname="Watchdog", severity="none")

    def paged() -> list[float]:
        return [
            got.at
            for got in tuple(partner.got)
            if b"WatchdogMissing" in got.body or b"prometheus" in got.body
        ]

    beating = threading.Thread(target=beat, daemon=True)
    beating.start()
    time.sleep(EVERY_S + GRACE_S + LOOKS_S + 3)
    figures.demand(not paged(), "the Watchdog was missed although it came")
    stop.set()
    beating.join()
    last = time.monotonic()
    came = wait(paged, EVERY_S + GRACE_S + LOOKS_S + 10)
    figures.demand(came, "nobody was paged when the Watchdog stayed away")
    figures.accepted += 1
    if came:
        took = paged()[0] - last
        figures.sent += len(paged())
        figures.duplicates += len(paged()) - 1
        figures.late(took)
        figures.said(f"the page came {took:.1f} s after the last Watchdog (due after {EVERY_S + GRACE_S} s)")
        figures.demand(took >= EVERY_S, "the page came too early")


def _late_work(one: Rig, partner: Partner, figures: Figures) -> None:
    figures.demand(wait(lambda: partner.asked["alive"] > 3, 30), "no sign of life while all is well")
    partner.manners["usual"] = hanging(30)
    load = Load(one.served, one.token(Role.INGEST), "Qlate")
    begin = time.monotonic()
    load.run(20, 4)
    beats = partner.asked

    def silent() -> bool:
        before = beats["alive"]
        time.sleep(4)
        return beats["alive"] == before

    figures.demand(wait(silent, OVERDUE_S + 60), "signs of life went on although work was overdue")
    after = time.monotonic() - begin
    figures.said(f"signs of life stopped {after:.0f} s after the receiver began to hang")
    figures.demand(after > OVERDUE_S - 15, "signs of life stopped before any work was overdue")
    partner.manners.clear()
    before = beats["alive"]
    figures.demand(wait(lambda: beats["alive"] > before + 1, 120), "no sign of life once the work was done")
    figures.accepted += len(load.accepted)
    one.replay_all()
    wait(lambda: load.accepted.keys() <= partner.firsts(b"/usual").keys(), 60)
    missing = load.accepted.keys() - partner.firsts(b"/usual").keys()
    figures.sent += len(load.accepted) - len(missing)
    figures.lost += len(missing)
    figures.demand(not missing, f"{len(missing)} pages were lost")
