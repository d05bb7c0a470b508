"""A real Alertmanager and we are told the same of silences, at random: made, changed, ended."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from programs import program, running
from served import free_port, wait_for
from tocsin.domain.clock import SystemClock
from tocsin.domain.errors import NotFound
from tocsin.domain.matchers import Matcher, matcher
from tocsin.flow.hush import Hush
from tocsin.store.memory import MemoryStore
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.policy import parse_policy
from tocsin.triage.severities import parse_severities
from tocsin.triage.silence_rules import SilenceRefused, Wish
from tocsin.triage.silencing import state_of

pytestmark = pytest.mark.real

CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\ntemplates: ['templates/*.tmpl']\n"
TRIAGE = """
defaults: {severity: P3, group_by: [alertname], services_from: [service]}
types: {unknown: {resolve_when_quiet: true}}
rules: []
"""
ACTS = 400
MINUTE = timedelta(minutes=1)
A, B = matcher("alertname", "=", "DiskFull"), matcher("zone", "=~", "eu-.*")
MATCHERS: tuple[tuple[Matcher, ...], ...] = ((A,), (A, B), (matcher("zone", "!=", "b"),))
STARTS = ("kept", -30 * MINUTE, 30 * MINUTE, 45 * MINUTE)
ENDS = (-MINUTE, 20 * MINUTE, 60 * MINUTE, 90 * MINUTE)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Return the address of an Alertmanager that tells nobody."""
    binary = program("prometheus-alertmanager", "prometheus-alertmanager")
    (tmp_path / "templates").mkdir()
    (tmp_path / "alertmanager.yml").write_text(CONFIG)
    base = f"http://127.0.0.1:{free_port()}"
    command = [
        binary,
        "--config.file=alertmanager.yml",
        f"--storage.path={tmp_path / 'kept'}",
        f"--web.listen-address={base.removeprefix('http://')}",
        "--cluster.listen-address=",
    ]
    log = tmp_path / "alertmanager.log"
    with running(command, log):
        wait_for(lambda: _is_ready(base), 30, f"a ready Alertmanager; see {log}")
        yield f"{base}/api/v2"


def _is_ready(base: str) -> bool:
    try:
        return httpx.get(f"{base}/-/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


class Pair:
    """The two, and which silence of the one is which of the other."""

    def __init__(self, url: str) -> None:
        self.theirs = httpx.Client(base_url=url, timeout=20)
        policy, words = parse_policy(TRIAGE, "t"), parse_severities("common: {words: {}}", "s")
        self.ours = Hush(MemoryStore(), SystemClock(), NoisePolicy(), policy, words)
        self.twins: dict[str, UUID] = {}

    def post(self, old: str, matchers: tuple[Matcher, ...], start: Any, end: timedelta) -> tuple[str, str]:
        """Post the same to both; return what each answered, in the words of their ids."""
        now = datetime.now(UTC)
        at = _truncated(now + start) if isinstance(start, timedelta) else _truncated(now)
        if start == "kept" and old in self.twins:
            at = datetime.fromisoformat(self.theirs.get(f"/silence/{old}").json()["startsAt"])
        body = {
            "matchers": [
                {
                    "name": each.label,
                    "value": each.value,
                    "isRegex": each.operator.endswith("~"),
                    "isEqual": not each.operator.startswith("!"),
                }
                for each in matchers
            ],
            "startsAt": at.isoformat(),
            "endsAt": (_truncated(now) + end).isoformat(),
            "createdBy": "ada",
            "comment": "c",
        } | ({"id": old} if old else {})
        answer = self.theirs.post("/silences", json=body)
        # Which of two faults of one silence is named first says nothing of what was done.
        said = "refused" if answer.status_code in (400, 404) else answer.json()["silenceID"]
        return said, self._ours(old, matchers, at, _truncated(now) + end, said, kept=start == "kept")

    def _ours(self, old: str, matchers: Any, at: datetime, end: datetime, said: str, *, kept: bool) -> str:
        old_id = (self.twins.get(old) or UUID(old)) if old else None
        if kept and old in self.twins:
            at = _truncated(next(s for s in self.ours.listed() if s.silence_id == old_id).starts_at)
        wish = Wish(
            matchers=matchers, starts_at=at, ends_at=end, owner="token:t", comment="c", created_by="ada"
        )
        try:
            made = self.ours.accept(wish, old_id)
        except (SilenceRefused, NotFound):
            return "refused"
        if self.twins.setdefault(said, made.silence_id) != made.silence_id:
            return f"{made.silence_id}, another than before"
        return next(theirs for theirs, ours in self.twins.items() if ours == made.silence_id)

    def end(self, old: str) -> None:
        assert self.theirs.delete(f"/silence/{old}").status_code == 200
        self.ours.expire(self.twins[old], "ada")

    def states(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return id, state and end of each silence, of both."""
        theirs = {
            each["id"]: (each["status"]["state"], datetime.fromisoformat(each["endsAt"]))
            for each in self.theirs.get("/silences").json()
        }
        now = datetime.now(UTC)
        by_id = {ours: name for name, ours in self.twins.items()}
        ours = {
            by_id[each.silence_id]: (state_of(each, now).value, each.ends_at) for each in self.ours.listed()
        }
        return theirs, ours


def _truncated(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_acts_on_silences_end_as_they_do_in_alertmanager(seed: int, url: str) -> None:
    chance, pair = random.Random(seed), Pair(url)
    known = ["", str(uuid4())]
    for number in range(ACTS):
        old = chance.choice(known[-6:] if chance.random() < 0.8 else known)
        if old in pair.twins and chance.random() < 0.15:
            pair.end(old)
            continue
        act = (old, chance.choice(MATCHERS), chance.choice(STARTS), chance.choice(ENDS))
        theirs, ours = pair.post(*act)
        assert (number, act, theirs) == (number, act, ours)
        if theirs not in ("refused", *known):
            known.append(theirs)
    theirs_all, ours_all = pair.states()
    assert {name: state for name, (state, _) in theirs_all.items()} == {
        name: state for name, (state, _) in ours_all.items()
    }
    for name, (_, end) in theirs_all.items():
        assert abs(end - ours_all[name][1]) < timedelta(seconds=5), name
    assert len({state for state, _ in ours_all.values()}) == 3
