"""A short soak: steady alerts over every way, random kills, then the sum must be right to the last alert.

accepted = paged + suppressed with a reason (joined, muted, recorded, held back) + dead-lettered. A page that
comes again after a kill must carry its key. The long form is `--minutes 1440`: fifty alerts a second, a kill
every five minutes.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

from fates import Fate, fates, told
from partners import Partner, answering, serving
from rig import Figures, Load, Rig, load_average, rig, wait

from tocsin.domain.person import Role

ONCALL = """\
people:
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/page"}}]}}
  chidi: {{name: Chidi, contacts: [{{channel: webhook, address: "{url}/refusing"}}]}}
policies:
  default: {{repeat: never, steps: {{P1: [{{after: 0s, page: ben}}], P3: [{{after: 0s, page: ben}}]}}}}
  refused: {{repeat: never, steps: {{P1: [{{after: 0s, page: chidi}}]}}}}
routes: [{{name: dying, when: ['way = dead'], policy: refused}}]
schedules:
  default: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}}
"""
WAYS: tuple[tuple[str, dict[str, str], float], ...] = (
    ("Qpaged", {"severity": "critical", "way": "paged"}, 0.3),
    ("Qquiet", {"severity": "critical", "way": "quiet"}, 0.2),
    ("Qnone", {"severity": "none", "way": "none"}, 0.2),
    ("Qdead", {"severity": "critical", "way": "dead"}, 0.1),
    ("Qjoined", {"severity": "warning", "way": "joined"}, 0.2),
)


def prove(seconds: float = 150.0, a_second: float = 15.0, between_kills_s: float = 25.0) -> Figures:
    """Post for so long; kill at random instants, on average as often as said."""
    figures = Figures("soak with kills")
    chance = random.Random(17)
    with rig() as one, serving(Partner()) as partner:
        partner.manners["refusing"] = answering(403, b"no")
        one.served.pack("oncall.yml", ONCALL.format(url=partner.url))
        with one.started():
            wanted = {"matchers": ["way=quiet"], "reason": "They are being worked on.", "lasts": "2h"}
            answer = one.served.post("/api/v1/silences", one.token(Role.COMMANDER), json=wanted)
            assert answer.status_code == 200, answer.text
            loads, threads = _loads(one), []
            for load, (_, _, share) in zip(loads, WAYS, strict=True):
                threads.append(threading.Thread(target=load.run, args=(seconds, a_second * share)))
                threads[-1].start()
            kills = _kill(one, chance, seconds, between_kills_s)
            for thread in threads:
                thread.join()
            if not wait(one.served.is_ready, 60):
                figures.demand(False, "the server did not come back")
            accepted = {name: at for load in loads for name, at in load.accepted.items()}
            unanswered = sum(load.unanswered for load in loads)
            figures.accepted = len(accepted)
            figures.said(
                f"{kills} kills; {len(accepted)} alerts accepted, {unanswered} without an answer; "
                f"load {load_average()}"
            )
            _judge(one, partner, figures, loads, accepted, kills)
    return figures


def _loads(one: Rig) -> list[Load]:
    token = one.token(Role.INGEST)
    return [Load(one.served, token, prefix, labels) for prefix, labels, _ in WAYS]


def _kill(one: Rig, chance: random.Random, seconds: float, between_s: float) -> int:
    end, kills = time.monotonic() + seconds, 0
    while True:
        pause = chance.uniform(0.4, 1.6) * between_s
        if time.monotonic() + pause > end:
            return kills
        time.sleep(pause)
        one.served.kill()
        kills += 1
        # Whoever shares a busy machine starts slowly; nothing of the promise depends on it.
        one.served.launch()
        wait(one.served.is_ready, 240)


def _judge(
    one: Rig, partner: Partner, figures: Figures, loads: list[Load], accepted: dict[str, float], kills: int
) -> None:
    found: dict[str, Fate] = {}

    def settled() -> bool:
        with one.served.store() as store, store.reading() as shelves:
            found.update(fates(shelves, accepted))
        return Fate.WAITING not in found.values()

    wait(settled, 90)
    figures.said(told(found))
    figures.lost = sum(each in (Fate.LOST, Fate.WAITING) for each in found.values())
    figures.demand(figures.lost == 0, f"{figures.lost} accepted alerts have no end")
    sums = Counter(found.values())
    right = sum(sums.values()) - sums[Fate.LOST] - sums[Fate.WAITING]
    figures.demand(right == len(accepted), f"{right} of {len(accepted)} are accounted for")
    pages = [got for got in partner.got if b'"is_page":true' in got.body]
    first = partner.firsts(b"/page")
    urgent = loads[0].accepted
    missing = [name for name in urgent if name not in first]
    figures.demand(not missing, f"{len(missing)} alerts that count as paged never reached the receiver")
    figures.sent = len(pages)
    keys = Counter(got.key for got in pages)
    figures.duplicates = len(pages) - len(keys)
    by_name = Counter(name for name in {(name, got.key) for got in pages for name in got.names})
    twice = Counter(name for name, _ in by_name)
    figures.demand(all(count == 1 for count in twice.values()), "a page came again under another key")
    figures.demand(max(keys.values(), default=0) <= 1 + kills, "a page came more than once a kill")
    dead = {name for name, each in found.items() if each is Fate.DEAD}
    figures.demand(dead == set(loads[3].accepted), "the dead letters are not those that were refused")
    muted = {name for name, each in found.items() if each is Fate.MUTED}
    figures.demand(muted == set(loads[1].accepted), "those that are muted are not those that were silenced")
    delays = [first[name] - loads[0].posted[name] for name in urgent if name in first]
    figures.late(max(delays, default=0))
