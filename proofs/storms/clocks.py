"""Clocks that are set in the middle of an escalation: no early, late (more than 5 s) or double page.

The server is a real one whose wall clock is moved from outside (`altered.py`); its uptime goes on. Three
steps, `STEP_S` apart; the clock is set 3 s after the first page. Then the hours in which Berlin's clocks go
back and forth, and a leap day: the wall clock is set so that they pass between the first page and the second.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from partners import Got, Partner, serving
from rig import Figures, Load, Rig, rig, wait

from tocsin.domain.person import Role

STEP_S = 10.0
LATE_S = 5.0
EARLY_S = 0.5
START_S = 45.0
"""Before a case begins the server has this long to start."""
PEOPLE = ("ada", "ben", "chidi")
ONCALL = """\
people:
{people}
schedules:
  default:
    {{zone: {zone}, rotation: {rotation}, handover: "{handover}", starts: {starts}, people: [ada, ben]}}
policies:
  default:
    repeat: never
    steps:
      P1:
        - {{after: 0s, page: primary}}
        - {{after: {one:.0f}s, page: primary}}
        - {{after: {two:.0f}s, page: primary}}
"""


@dataclass(frozen=True)
class Setting:
    """One case. `begin` is the wall clock at the start (None: now), `set_to` how far it is set after 3 s.

    `people` are those who must be paged, in order.
    """

    name: str
    begin: str = ""
    set_to: timedelta = timedelta()
    zone: str = "UTC"
    rotation: str = "weekly"
    handover: str = "00:00"
    starts: str = "2026-01-05"
    people: tuple[str, ...] = ()


CASES = (
    Setting("two hours ahead", set_to=timedelta(hours=2)),
    Setting("two hours back", set_to=timedelta(hours=-2)),
    Setting(
        # 01:00 UTC: 03:00 in Berlin becomes 02:00. The handover is at the first 02:30, 00:30 UTC.
        "Berlin's clocks go back between two steps",
        begin="2026-10-25T00:59:55+00:00",
        zone="Europe/Berlin",
        rotation="daily",
        handover="02:30",
        starts="2026-10-24",
        people=("ben", "ben", "ben"),
    ),
    Setting(
        "the second 02:30 of that night is no handover",
        begin="2026-10-25T01:29:55+00:00",
        zone="Europe/Berlin",
        rotation="daily",
        handover="02:30",
        starts="2026-10-24",
        people=("ben", "ben", "ben"),
    ),
    Setting(
        # 02:30 does not exist on this night: it is the instant 03:30, 01:30 UTC.
        "Berlin's clocks go forward and skip the handover",
        begin="2027-03-28T01:29:55+00:00",
        zone="Europe/Berlin",
        rotation="daily",
        handover="02:30",
        starts="2027-03-27",
        people=("ada", "ben", "ben"),
    ),
    Setting(
        "into a leap day",
        begin="2028-02-28T23:59:55+00:00",
        rotation="daily",
        starts="2028-02-28",
        people=("ada", "ben", "ben"),
    ),
    Setting(
        "out of a leap day",
        begin="2028-02-29T23:59:55+00:00",
        rotation="daily",
        starts="2028-02-29",
        people=("ada", "ben", "ben"),
    ),
)


def prove(names: Sequence[str] = (), step_s: float = STEP_S) -> Figures:
    """Run the cases of these names (all when none is named), each on a server of its own."""
    figures = Figures("clocks")
    for case in CASES:
        if not names or case.name in names:
            with rig() as one, serving(Partner()) as partner:
                _run(case, one, partner, figures, step_s)
    return figures


def _run(case: Setting, one: Rig, partner: Partner, figures: Figures, step_s: float) -> None:
    wall = one.folder / "wall"
    people = "\n".join(
        f"  {name}: {{name: {name}, contacts: [{{channel: webhook, address: '{partner.url}/{name}'}}]}}"
        for name in PEOPLE
    )
    one.served.pack("oncall.yml", _file(case, people, step_s))
    one.served.command = (sys.executable, str(Path(__file__).with_name("altered.py")), str(one.folder))
    one.served.settings |= {"TZ": case.zone, "PYTHONPATH": os.pathsep.join(sys.path)}
    begin = datetime.fromisoformat(case.begin) if case.begin else None
    off = (begin - datetime.now(UTC)).total_seconds() - START_S if begin else 0.0
    wall.write_text(str(off))
    with one.started():
        if begin:
            left = (begin - datetime.now(UTC)).total_seconds() - off
            figures.demand(left > 0, f"{case.name}: the start took longer than {START_S:g} s; start it anew")
            time.sleep(max(left, 0))
        load = Load(one.served, one.token(Role.INGEST), "Qclock")
        first = load.post()
        figures.accepted += len(load.accepted)
        time.sleep(min(3.0, step_s / 2))
        if case.set_to:
            wall.write_text(str(case.set_to.total_seconds()))
        wait(lambda: len(_pages(partner)) >= 3, 2 * step_s + 2 * LATE_S)
        time.sleep(LATE_S)
        _judge(case, load.posted[first], partner, figures, step_s)


def _file(case: Setting, people: str, step_s: float) -> str:
    return ONCALL.format(
        people=people,
        zone=case.zone,
        rotation=case.rotation,
        handover=case.handover,
        starts=case.starts,
        one=step_s,
        two=2 * step_s,
    )


def _pages(partner: Partner) -> list[Got]:
    """Return the pages; whoever comes on call meanwhile is told what is open, which is a notice."""
    return [got for got in tuple(partner.got) if json.loads(got.body)["data"]["is_page"]]


def _judge(case: Setting, posted: float, partner: Partner, figures: Figures, step_s: float) -> None:
    pages = _pages(partner)
    came = [got.at - posted for got in pages]
    who = tuple(got.path.strip("/") for got in pages)
    keys = {got.key for got in pages}
    figures.sent += len(came)
    figures.duplicates += len(came) - len(keys)
    figures.lost += max(3 - len(keys), 0)
    figures.said(f"{case.name}: pages after {', '.join(f'{at:.1f}' for at in came)} s to {', '.join(who)}")
    figures.demand(len(came) == 3, f"{case.name}: {len(came)} pages instead of 3")
    # The first page leaves before the clock is set, so what it takes is the machine's own noise.
    noise_s = came[0] if came else 0.0
    for at, due in zip(came[1:], (step_s, 2 * step_s), strict=False):
        figures.late(at - due)
        figures.demand(
            at >= due - EARLY_S, f"{case.name}: the page due after {due:g} s came after {at:.1f} s"
        )
        figures.demand(
            at <= due + LATE_S + noise_s, f"{case.name}: the page due after {due:g} s came after {at:.1f} s"
        )
    figures.demand(not case.people or who == case.people, f"{case.name}: {who} were paged, not {case.people}")
