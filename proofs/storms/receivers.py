"""Receiver storms: one channel's receiver fails in every way; the others notice nothing, and no page is lost.

What takes 30 minutes in the world is made short by `TOCSIN_DELIVERY_ATTEMPTS=2` (8 by default): a message so
dies at its second try, after 2 s, or after the 120 s that a 429 asks for, which are really waited. Each storm
lasts `seconds`; before the storms the same alerts are posted twice to a receiver that is well, and the
difference of those two runs is the noise floor of the machine.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from partners import Manner, Partner, answering, certificates, hanging, serving
from rig import Figures, Load, Rig, load_average, percentile, rig, together, wait

from tocsin.domain.person import Role

DEADLINE_S = 300.0
STORMS: dict[str, Manner] = {
    "r429": answering(429, Retry_After="120"),
    "r500": answering(500, b"boom"),
    "hang": hanging(),
    "tls": answering(200),
    "r401": answering(401, b"who are you?"),
}
_SPELT = str.maketrans("0123456789", "abcdefghij")
"""Names of alerts hold digits only at their end."""
CAUSES = {
    "r429": "too many messages",
    "r500": "receiver's fault",
    "hang": "timed out",
    "tls": "not sent",
    "r401": "signature or credentials refused",
}


def prove(seconds: float = 20.0, kinds: Sequence[str] = tuple(STORMS)) -> Figures:
    """Run storms of these kinds, each `seconds` long."""
    figures = Figures("receiver storms")
    with rig() as one, serving(Partner()) as well, serving(Partner()) as sick, serving(Partner()) as secure:
        made = certificates(one.folder / "tls")
        secure.tls = made.good
        one.served.pack("oncall.yml", _oncall(sick.url, secure.url))
        one.served.settings["SSL_CERT_FILE"] = str(made.trusted)
        with one.started(TOCSIN_NTFY_URL=well.url, TOCSIN_DELIVERY_ATTEMPTS="2"):
            calm = [_window(one, well, figures, "r500", seconds, calm=each) for each in ("calma", "calmb")]
            floor = abs(calm[0] - calm[1])
            bar = max(max(calm) * 1.2, max(calm) + 1.0)
            figures.said(
                f"p99 of the channel that is well: {calm[0]:.2f} s and {calm[1]:.2f} s without a storm; "
                f"noise floor {floor:.2f} s; load {load_average()}"
            )
            for kind, manner in ((kind, STORMS[kind]) for kind in kinds):
                secure.tls = made.expired if kind == "tls" else made.good
                sick.manners[kind] = manner
                p99 = _window(one, well, figures, kind, seconds)
                figures.said(f"{kind}: p99 of the channel that is well {p99:.2f} s (at most {bar:.2f} s)")
                figures.demand(p99 <= bar + floor, f"{kind}: other channels are slower: {p99:.2f} s")
            _bury(one, figures, kinds)
            sick.manners.clear()
            secure.tls = made.good
            _replay(one, figures, sick, secure)
            figures.demand(one.served.process and one.served.process.poll() is None, "the server ended")
    return figures


def _window(one: Rig, well: Partner, figures: Figures, kind: str, seconds: float, *, calm: str = "") -> float:
    """Post to both channels at once; return the p99 (s) of the one that is well, once all pages have come."""
    token = one.token(Role.INGEST)
    letters = "Q" + (calm or kind).translate(_SPELT)
    healthy = Load(one.served, token, f"{letters}well")
    stormy = Load(one.served, token, f"{letters}sick", {"severity": "critical", "storm": kind})
    together(lambda: healthy.run(seconds, 5), lambda: stormy.run(seconds, 1))
    figures.demand(not healthy.refused and not stormy.refused, f"{letters}: refused by the intake")
    figures.accepted += len(healthy.accepted) + len(stormy.accepted)
    wait(lambda: healthy.accepted.keys() <= well.firsts(b'"ben"').keys(), 60)
    told = well.firsts(b'"ben"')
    figures.lost += len(healthy.accepted.keys() - told.keys())
    if not calm:
        _look_for_the_fallback(well, figures, kind, stormy)
    took = [told[name] - healthy.posted[name] for name in healthy.accepted if name in told]
    return percentile(took, 0.99)


def _look_for_the_fallback(well: Partner, figures: Figures, kind: str, stormy: Load) -> None:
    mark = f'"{kind}"'.encode()
    wait(lambda: stormy.accepted.keys() <= well.firsts(mark).keys(), DEADLINE_S)
    told = well.firsts(mark)
    missing = stormy.accepted.keys() - told.keys()
    slowest = max((told[name] - stormy.posted[name] for name in stormy.accepted if name in told), default=0)
    figures.lost += len(missing)
    figures.late(slowest)
    figures.said(f"{kind}: the fallback came after {slowest:.1f} s at most (step: {DEADLINE_S:g} s)")
    figures.demand(not missing, f"{kind}: {len(missing)} pages never reached the fallback")
    figures.demand(slowest <= DEADLINE_S, f"{kind}: the fallback came after the step's deadline")


def _bury(one: Rig, figures: Figures, kinds: Sequence[str]) -> None:
    """Wait until every message of the storms is dead, and look at the causes."""
    reader = one.token(Role.VIEWER)

    def waiting() -> Counter[str]:
        with one.served.store() as store, store.reading() as shelves:
            jobs = [shelves.jobs.next_due((f"deliver.{name}",)) for name in ("webhook", "ntfy")]
        return Counter(kind for due in jobs for kind in due)

    wait(lambda: not waiting(), 240)
    dead = one.served.get("/api/v1/deliveries?limit=500", reader)["dead"]
    causes: dict[str, Counter[str]] = {}
    for letter in dead:
        kind = str(letter["person"])
        causes.setdefault(kind, Counter())[str(letter["cause"])] += 1
    figures.said(f"dead letters: {json.dumps({kind: dict(found) for kind, found in causes.items()})}")
    for kind, cause in ((kind, CAUSES[kind]) for kind in kinds):
        found = causes.get(kind, Counter())
        figures.demand(found, f"{kind}: nothing is in the dead letters")
        figures.demand(set(found) == {cause}, f"{kind}: the cause is {dict(found)} and not {cause!r}")


def _replay(one: Rig, figures: Figures, sick: Partner, secure: Partner) -> None:
    """Replay all, twice: what was delivered is not dead any more, so the second time changes nothing."""
    before = len(sick.got) + len(secure.got)
    keys = one.replay_all()

    def arrived() -> Counter[str]:
        return Counter(got.key for partner in (sick, secure) for got in tuple(partner.got))

    wait(lambda: set(keys) <= set(arrived()), 60)
    again = one.replay_all()
    came = arrived()
    missing = [key for key in keys if not came[key]]
    twice = [key for key in keys if came[key] > 1]
    figures.sent += len(keys) + before
    figures.lost += len(missing)
    figures.duplicates += len(twice)
    figures.said(f"{len(keys)} dead letters replayed: {len(missing)} missing, {len(twice)} twice")
    figures.demand(keys, "there was nothing to replay")
    figures.demand(not missing, f"{len(missing)} replayed messages did not arrive")
    figures.demand(not twice and not again, "a replay delivered more than once")


def _oncall(sick: str, secure: str) -> str:
    people = ["  ben: {name: Ben, contacts: [{channel: ntfy, address: ben}]}"]
    routes, policies = [], ["  default: {steps: {P1: [{after: 0m, page: ben}, {after: 60m, page: ben}]}}"]
    for kind in STORMS:
        address = f"{secure if kind == 'tls' else sick}/{kind}"
        people.append(
            f"  {kind}: {{name: {kind}, contacts: [{{channel: webhook, address: '{address}'}}, "
            f"{{channel: ntfy, address: {kind}}}]}}"
        )
        policies.append(
            f"  {kind}: {{steps: {{P1: [{{after: 0m, page: {kind}, by: webhook, fallback: ntfy}}, "
            f"{{after: {DEADLINE_S:.0f}s, page: ben}}, {{after: 120m, page: ben}}]}}}}"
        )
        routes.append(f"  - {{name: {kind}, when: ['storm = {kind}'], policy: {kind}}}")
    schedule = (
        "schedules:\n"
        "  default: {zone: UTC, rotation: weekly, handover: '00:00', starts: 2026-01-05, people: [ben]}"
    )
    return "\n".join(
        ("people:", *people, schedule, "policies:", *policies, "routes:", *routes, "limits: {ntfy: none}", "")
    )
