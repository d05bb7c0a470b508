"""A silence that was answered outlives a kill the instant after, and holds on the other process at once."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from rig import Figures

from nodes import House, Node, furnished, nursery, postgres
from receiver import receiving
from served import bearer

EFFECTIVE_WITHIN_S = 1.0


def prove(trials: int = 20, kinds: tuple[str, ...] = ("sqlite", "postgres")) -> Figures:
    """Make silences by both doors, on both databases, and kill the process that answered."""
    figures = Figures("silence durability")
    with receiving() as receiver, nursery(receiver.url) as (brood, template):
        for kind in kinds:
            with tempfile.TemporaryDirectory(prefix="tocsin-silences-") as folder:
                home = Path(folder) / "home"
                if kind == "sqlite":
                    _play(furnished(home, brood, template, receiver, 2), figures, trials, kind)
                    continue
                with postgres() as made:
                    url = made(f"silences_{os.getpid()}")
                    _play(furnished(home, brood, template, receiver, 2, url), figures, trials, kind)
    return figures


def _play(house: House, figures: Figures, trials: int, kind: str) -> None:
    try:
        house.start()
        for way, make in (("rest", _by_rest), ("v2", _as_alertmanager)):
            for number in range(trials):
                _trial(house, figures, f"Quiet{kind}{way}{number}", make)
        loud = {str(page.message["subject"]) for page in house.receiver.pages()}
        figures.demand(not loud, f"silenced alerts paged: {sorted(loud)[:3]}")
        figures.lost += len(loud)
        figures.said(
            f"{kind}: {2 * trials} silences, slowest effect {figures.slowest_s:.2f} s after the answer"
        )
    finally:
        house.close()


def _trial(house: House, figures: Figures, name: str, make: Callable[[Node, httpx.Client, str], str]) -> None:
    first, second = house.nodes
    with httpx.Client(headers=bearer(house.token), timeout=20) as client:
        silence = make(first, client, name)
        answered_at = time.monotonic()
        first.kill()
        alert = [{"labels": {"alertname": name, "severity": "critical"}}]
        answer = client.post(f"{second.url}/api/v2/alerts", json=alert)
        figures.demand(answer.status_code == 200, f"the other process answered {answer.status_code}")
        listed = client.get(f"{second.url}/api/v2/alerts", params={"filter": f"alertname={name}"}).json()
        figures.late(time.monotonic() - answered_at)
        states = [each["status"]["state"] for each in listed]
        figures.demand(states == ["suppressed"], f"{name} is {states} on the other process")
        figures.accepted += 1
        house.start([first])
        kept = client.get(f"{first.url}/api/v2/silence/{silence}")
        is_kept = kept.status_code == 200 and kept.json()["status"]["state"] == "active"
        figures.demand(is_kept, f"the silence of {name} is lost")
        figures.lost += not is_kept
    figures.demand(
        figures.slowest_s <= EFFECTIVE_WITHIN_S, f"a silence held only {figures.slowest_s:.1f} s later"
    )


def _by_rest(node: Node, client: httpx.Client, name: str) -> str:
    wanted = {"matchers": [f"alertname={name}"], "reason": "A proof of durability.", "lasts": "2h"}
    answer = client.post(f"{node.url}/api/v1/silences", json=wanted)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _as_alertmanager(node: Node, client: httpx.Client, name: str) -> str:
    now = datetime.now(UTC)
    wanted = {
        "matchers": [{"name": "alertname", "value": name, "isRegex": False}],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=2)).isoformat(),
        "createdBy": "ada",
        "comment": "A proof of durability.",
    }
    answer = client.post(f"{node.url}/api/v2/silences", json=wanted)
    answer.raise_for_status()
    return str(answer.json()["silenceID"])
