"""A kill in the middle of an escalation: the next step comes soon after the restart, one level, in order."""

from __future__ import annotations

import tempfile
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
schedule: {zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben, ada]}
repeat: never
escalation:
  P2:
    - {after: 0m, page: primary}
    - {after: PATIENCEs, page: secondary}
    - {after: TWICEs, page: primary}
"""
AFTER_RESTART_S = 5.0
LATE_S = 5.0


def prove(patience_s: int = 20, killed_after_s: float = 10, down_s: float = 30) -> Figures:
    """Kill after some of the first step's patience, and start again when more than all of it is over."""
    figures = Figures("mid-escalation kill")
    oncall = ONCALL.replace("PATIENCE", str(patience_s)).replace("TWICE", str(2 * patience_s))
    with (
        receiving() as receiver,
        nursery(receiver.url, oncall) as (brood, template),
        tempfile.TemporaryDirectory(prefix="tocsin-escalation-") as folder,
    ):
        house = furnished(Path(folder) / "home", brood, template, receiver, 1)
        house.labels = PAGED_TWICE
        try:
            _play(house, figures, patience_s, killed_after_s, down_s)
        finally:
            house.close()
    return figures


def _play(house: House, figures: Figures, patience_s: int, killed_after_s: float, down_s: float) -> None:
    house.start()
    with httpx.Client(headers=bearer(house.token), timeout=15) as client:
        house.post(client, house.nodes[0])
    first = _page(house, 1, 10)
    time.sleep(max(first.at + killed_after_s - time.monotonic(), 0))
    house.nodes[0].kill()
    time.sleep(down_s)
    house.start()
    ready_at = time.monotonic()
    second = _page(house, 2, AFTER_RESTART_S + 10)
    figures.late(second.at - ready_at)
    figures.demand(second.at - ready_at <= AFTER_RESTART_S, "the next step came late after the restart")
    third = _page(house, 3, patience_s + LATE_S + 10)
    waited_s = third.at - second.at
    figures.said(
        f"next step {second.at - ready_at:.1f} s after the restart, the one after {waited_s:.1f} s later"
    )
    figures.demand(patience_s - 1 <= waited_s <= patience_s + LATE_S, "the third step was not in its time")
    house.await_rest()
    pages = house.receiver.pages()
    order = [page.path for page in pages]
    figures.demand(order == [first.path, _other(first.path), first.path], f"the order was {order}")
    figures.accepted, figures.sent = len(house.accepted), len(pages)
    figures.duplicates = len(pages) - len({page.key for page in pages})
    figures.demand(not figures.duplicates, "a page came twice")


def _page(house: House, number: int, within_s: float) -> Posted:
    wait_for(lambda: len(house.receiver.pages()) >= number, within_s, f"page {number}")
    return house.receiver.pages()[number - 1]


def _other(path: str) -> str:
    return "/ada" if path == "/ben" else "/ben"
