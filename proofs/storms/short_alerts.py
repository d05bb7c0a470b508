"""Alerts that end before anybody is told: a P1 is paged nevertheless, a lesser one recorded with that reason.

Both ways an alert travels: by an escalation whose first step waits, and by an `alertmanager.yml` with a group
wait. Each alert lives for `LIFE_S`, less than any wait.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from partners import Partner, serving
from rig import Figures, Rig, rig, wait

from tocsin.domain.person import Role

LIFE_S = 0.5
WAIT_S = 4
ONCALL = """\
people: {{ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/page"}}]}}}}
policies:
  default: {{repeat: never, steps: {{
    P1: [{{after: 0s, page: ben}}],
    P2: [{{after: {wait}s, page: ben}}],
    P3: [{{after: {wait}s, page: ben}}]}}}}
schedules:
  default: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}}
"""
FILE = """\
route: {{receiver: team, group_by: [alertname], group_wait: {wait}s, group_interval: 1m, repeat_interval: 1h}}
receivers: [{{name: team, webhook_configs: [{{url: "{url}/told"}}]}}]
"""
WORDS = ("critical", "high", "warning")


def prove(each: int = 20) -> Figures:
    """Post `each` short alerts of every severity."""
    figures = Figures("short alerts")
    with rig() as one, serving(Partner()) as partner:
        one.served.pack("oncall.yml", ONCALL.format(url=partner.url, wait=WAIT_S))
        one.served.pack("alertmanager.yml", FILE.format(url=partner.url, wait=WAIT_S))
        with one.started():
            posted = _post(one, each)
            figures.accepted = len(posted)
            urgent = {name for name in posted if name.startswith("Qcritical")}
            figures.demand(wait(lambda: urgent <= partner.firsts(b"/page").keys(), 30), "P1 was not paged")
            told = partner.firsts(b"/page")
            figures.lost = len(urgent - told.keys())
            figures.late(max((told[name] - posted[name] for name in urgent & told.keys()), default=0))
            time.sleep(WAIT_S + 3)
            figures.sent = len(partner.got)
            pages = [got for got in partner.got if b'"is_page":true' in got.body]
            figures.duplicates = len(pages) - len({name for got in pages for name in got.names})
            _look_at_stories(one, figures, urgent, set(posted), partner)
    return figures


def _post(one: Rig, each: int) -> dict[str, float]:
    """Post each alert and, half a second later, its end; return when each was posted."""
    token = one.token(Role.INGEST)
    names = [(f"Q{word}{number}", word) for number in range(each) for word in WORDS]
    begun = datetime.now(UTC)
    alerts = [
        {"labels": {"alertname": name, "severity": word}, "startsAt": begun.isoformat()}
        for name, word in names
    ]
    at = time.monotonic()
    assert one.served.post("/api/v2/alerts", token, json=alerts).status_code == 200
    time.sleep(LIFE_S)
    ended = (begun + timedelta(seconds=LIFE_S)).isoformat()
    over = [alert | {"endsAt": ended} for alert in alerts]
    assert one.served.post("/api/v2/alerts", token, json=over).status_code == 200
    return {name: at for name, _ in names}


def _look_at_stories(one: Rig, figures: Figures, urgent: set[str], names: set[str], partner: Partner) -> None:
    told = partner.firsts(b"/told").keys()
    figures.demand(not told, f"{len(told)} alerts were told after they had ended")
    unexplained: dict[str, str] = {}
    with one.served.store() as store, store.reading() as shelves:
        known = {alert.labels["alertname"]: alert for alert in shelves.alerts.recent(10_000)}
        for name in sorted(names & known.keys()):
            alert = known[name]
            lines = [line.text for line in shelves.alerts.story(alert.number)]
            if alert.incident_id is not None:
                lines += [line.text for line in shelves.timeline.of_incident(alert.incident_id)]
            said = " ".join(lines)
            if "before the receiver 'team' was told" not in said:
                unexplained[name] = "no word about the group's wait"
            if name not in urgent and "before anybody was called" not in said:
                unexplained[name] = "no word that it ended before a page"
    figures.demand(names <= known.keys(), f"{len(names - known.keys())} alerts were not recorded")
    figures.lost += len(names - known.keys())
    first = next(iter(unexplained.items()), None)
    figures.demand(not unexplained, f"{len(unexplained)} alerts do not say why nobody was told, e.g. {first}")
    figures.said(f"{len(urgent)} P1 paged, {len(names - urgent)} lesser ones recorded as over before a page")
