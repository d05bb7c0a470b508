"""Tests of making, confirming and ending silences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from nouns import NOON, an_alert
from tocsin.audit.leaf import decode
from tocsin.domain.clock import PushedClock
from tocsin.domain.entry import Entry
from tocsin.domain.errors import NotFound
from tocsin.domain.job import Job
from tocsin.domain.matchers import matcher
from tocsin.domain.silence import Silence
from tocsin.domain.timeline import Happening
from tocsin.flow.hush import HUSH, MOST_SILENCES, RETENTION, Hush
from tocsin.flow.makers import MAKERS, remember_token
from tocsin.store.memory import MemoryStore
from tocsin.triage.maintenance import parse_maintenance
from tocsin.triage.noise_policy import NoisePolicy
from tocsin.triage.policy import parse_policy
from tocsin.triage.severities import parse_severities
from tocsin.triage.silence_rules import ConfirmationRefused, SilenceRefused, Wish

HOUR = timedelta(hours=1)
TRIAGE = """
defaults: {severity: P3, group_by: [alertname], services_from: [service]}
types: {security: {resolve_when_quiet: false}, unknown: {resolve_when_quiet: true}}
rules: [{name: attacks, when: {labels: ['team = security']}, type: security}]
"""
WORDS = "common: {words: {critical: P1, high: P2, warning: P3}}"
WINDOWS = """
windows:
  - {name: patching, owner: ada, reason: Kernels., matchers: [service = web], rule: FREQ=DAILY, at: "12:00",
     zone: UTC, lasts: 1h}
"""
WISH = Wish(
    matchers=(matcher("alertname", "=", "DiskFull"),),
    starts_at=NOON,
    ends_at=NOON + HOUR,
    owner="ada",
    comment="The disk is being replaced.",
)


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def looked() -> list[object]:
    return []


@pytest.fixture
def hush(store: MemoryStore, clock: PushedClock, looked: list[object]) -> Hush:
    return Hush(
        store,
        clock,
        NoisePolicy(),
        parse_policy(TRIAGE, "triage.yml"),
        parse_severities(WORDS, "severities.yml"),
        may_confirm={"ada", "ben", "dana"}.__contains__,
        look_again=lambda shelves, now: looked.append(now),
    )


@pytest.fixture
def fires(store: MemoryStore) -> Callable[..., None]:
    def fire(**labels: str) -> None:
        with store.transaction() as shelves:
            fingerprint = f"{len(shelves.alerts.recent()):016x}"
            alert = an_alert(
                fingerprint=fingerprint, labels=labels, ends_at=NOON + timedelta(minutes=5), number=0
            )
            shelves.alerts.add(alert)

    return fire


def entries(store: MemoryStore) -> list[Entry]:
    with store.reading() as shelves:
        return [decode(content) for content in shelves.log.waiting_contents()]


def swept(hush: Hush) -> None:
    """Run the job when it is due, as the kernel does."""
    with hush.store.transaction() as shelves:
        job = shelves.jobs.get(HUSH)
        assert job is not None
        hush.hold(shelves, job)
        hush.sweep(shelves, job)


def due(hush: Hush) -> Job:
    with hush.store.reading() as shelves:
        job = shelves.jobs.get(HUSH)
    assert job is not None
    return job


def test_a_silence_is_kept_and_stands_in_the_log_with_its_reason(hush: Hush, store: MemoryStore) -> None:
    made = hush.silence(WISH)
    assert hush.listed() == (made,)
    (entry,) = entries(store)
    assert (entry.kind, entry.actor, entry.subject) == (Happening.SILENCED, "ada", str(made.silence_id))
    assert entry.facts["reason"] == "The disk is being replaced."
    assert entry.facts["matchers"] == 'alertname="DiskFull"'


def test_its_end_is_noted_once_and_muted_alerts_are_looked_at_again(
    hush: Hush, store: MemoryStore, clock: PushedClock, looked: list[object]
) -> None:
    hush.silence(WISH)
    looked.clear()
    clock.push(timedelta(minutes=45))
    swept(hush)
    assert due(hush).run_at == NOON + HOUR
    clock.push(timedelta(minutes=15))
    looked.clear()
    swept(hush)
    swept(hush)
    assert looked[0] == NOON + HOUR
    assert [entry.kind for entry in entries(store)] == [Happening.SILENCED, Happening.SILENCE_EXPIRED]


def test_its_owner_is_warned_once_before_the_end(hush: Hush, store: MemoryStore, clock: PushedClock) -> None:
    hush.silence(WISH)
    assert due(hush).run_at == NOON + timedelta(minutes=45)
    clock.push(timedelta(minutes=45))
    swept(hush)
    swept(hush)
    with store.reading() as shelves:
        (warning,) = shelves.inbox.recent()
    assert warning["person"] == "ada"
    assert "DiskFull" in warning["text"]


def test_a_silence_without_a_reason_or_too_long_is_refused(hush: Hush, fires: Callable[..., None]) -> None:
    fires(alertname="DiskFull", severity="critical")
    for wish in (replace(WISH, comment=" "), replace(WISH, ends_at=NOON + 5 * HOUR)):
        with pytest.raises(SilenceRefused):
            hush.silence(wish)
    assert hush.listed() == ()
    # A client that knows Alertmanager's fields only is bounded when alerts are judged.
    assert hush.accept(replace(WISH, ends_at=NOON + 5 * HOUR)).ends_at == NOON + 5 * HOUR


def test_there_cannot_be_any_number_of_silences(hush: Hush, store: MemoryStore) -> None:
    made = hush.silence(WISH)
    with store.transaction() as shelves:
        for _ in range(MOST_SILENCES - 1):
            shelves.silences.add(replace(made, silence_id=uuid4()))
    with pytest.raises(SilenceRefused):
        hush.accept(WISH)
    assert hush.silence(WISH, made.silence_id).silence_id == made.silence_id


def test_a_guarded_alert_needs_a_second_person(hush: Hush, fires: Callable[..., None]) -> None:
    fires(alertname="DiskFull", team="security", severity="critical")
    assert hush.preview(WISH.matchers).exposure.guarded
    made = hush.silence(WISH)
    assert made.needs_second
    assert hush.accept(WISH).needs_second
    assert not hush.accept(WISH, is_upstream=True).needs_second
    for nobody in ("ada", "cli:ada", "token:bot", "eve"):
        with pytest.raises(ConfirmationRefused):
            hush.confirm(made.silence_id, nobody)
    assert hush.confirm(made.silence_id, "dana").second == "dana"
    assert hush.confirm(made.silence_id, "ben").second == "dana"


def test_whoever_made_or_changed_a_silence_never_confirms_it(hush: Hush, fires: Callable[..., None]) -> None:
    fires(alertname="DiskFull", team="security", severity="critical")
    laundered = replace(WISH, owner="token:ci", created_by="somebody")
    made = hush.silence(WISH)
    changed = hush.accept(laundered, made.silence_id)
    assert (changed.silence_id, changed.owner) == (made.silence_id, "token:ci")
    narrower = replace(laundered, matchers=(*WISH.matchers, matcher("team", "=", "security")))
    moved = hush.accept(narrower, made.silence_id)
    assert moved.silence_id != made.silence_id
    for silence in (changed, moved):
        assert hush.makers((silence,))[silence.silence_id] >= {"ada", "token:ci"}
        with pytest.raises(ConfirmationRefused):
            hush.confirm(silence.silence_id, "ada")
    assert hush.confirm(moved.silence_id, "ben").second == "ben"


def test_who_made_a_token_does_not_confirm_what_it_silences(hush: Hush, store: MemoryStore) -> None:
    with store.transaction() as shelves:
        remember_token(shelves, "ci", "cli:ben", NOON)
    made = hush.accept(replace(WISH, owner="token:ci", created_by="x"))
    with pytest.raises(ConfirmationRefused):
        hush.confirm(made.silence_id, "ben")
    assert hush.confirm(made.silence_id, "dana").second == "dana"


def test_makers_are_forgotten_with_their_silence(hush: Hush, store: MemoryStore, clock: PushedClock) -> None:
    hush.silence(WISH)
    clock.push(RETENTION + 2 * HOUR)
    swept(hush)
    with store.reading() as shelves:
        assert shelves.marks.all(MAKERS) == {}


def test_changing_a_silence_keeps_its_id_and_other_matchers_make_a_new_one(
    hush: Hush, store: MemoryStore
) -> None:
    made = hush.silence(WISH)
    longer = hush.silence(replace(WISH, ends_at=NOON + 2 * HOUR), made.silence_id)
    assert longer.silence_id == made.silence_id
    other = hush.silence(replace(WISH, matchers=(matcher("zone", "=", "a"),)), made.silence_id)
    assert other.silence_id != made.silence_id
    assert {one.silence_id: one.ends_at for one in hush.listed()}[made.silence_id] == NOON
    kinds = [entry.kind for entry in entries(store)]
    assert kinds == [Happening.SILENCED, Happening.SILENCED, Happening.SILENCE_EXPIRED, Happening.SILENCED]


def test_a_person_ends_a_silence_and_repeating_it_changes_nothing(
    hush: Hush, store: MemoryStore, clock: PushedClock
) -> None:
    made = hush.silence(WISH)
    clock.push(timedelta(minutes=1))
    ended = hush.expire(made.silence_id, "ben")
    assert ended.ends_at == NOON + timedelta(minutes=1)
    assert hush.expire(made.silence_id, "ben") == ended
    clock.push(HOUR)
    swept(hush)
    assert [(entry.kind, entry.actor) for entry in entries(store)][1:] == [(Happening.SILENCE_EXPIRED, "ben")]


def test_an_unknown_silence_is_not_found(hush: Hush) -> None:
    for act in (
        lambda: hush.expire(uuid4(), "ben"),
        lambda: hush.confirm(uuid4(), "ben"),
        lambda: hush.silence(WISH, uuid4()),
    ):
        with pytest.raises(NotFound):
            act()


def test_until_resolved_ends_with_the_last_alert_that_it_mutes(
    hush: Hush, clock: PushedClock, fires: Callable[..., None]
) -> None:
    with pytest.raises(SilenceRefused):
        hush.silence(replace(WISH, until_resolved=True))
    fires(alertname="DiskFull")
    hush.silence(replace(WISH, until_resolved=True))
    clock.push(timedelta(seconds=30))
    assert due(hush).run_at == clock.now()
    swept(hush)
    assert hush.listed()[0].ends_at == NOON + HOUR
    clock.push(timedelta(minutes=5))
    swept(hush)
    assert hush.listed()[0].ends_at == clock.now()


def test_ended_silences_are_forgotten_after_their_retention(hush: Hush, clock: PushedClock) -> None:
    hush.silence(WISH)
    clock.push(HOUR + RETENTION)
    swept(hush)
    assert hush.listed() == ()
    clock.push(HOUR)
    swept(hush)
    with hush.store.reading() as shelves:
        assert shelves.silences.ending_after(NOON) == ()


def test_maintenance_windows_follow_their_file_and_no_person(hush: Hush, store: MemoryStore) -> None:
    (window,) = parse_maintenance(WINDOWS, "maintenance.yml")
    hush.adopt((window,))
    hush.adopt((window,))
    assert hush.listed() == (window,)
    assert len(entries(store)) == 1
    for act in (
        lambda: hush.expire(window.silence_id, "ada"),
        lambda: hush.silence(WISH, window.silence_id),
    ):
        with pytest.raises(SilenceRefused):
            act()
    hush.adopt((replace(window, comment="New kernels."),))
    assert hush.listed()[0].comment == "New kernels."
    hush.adopt(())
    (ended,) = hush.listed()
    assert ended.ends_at == NOON
    hush.adopt((window,))
    assert hush.listed() == (window,)


def test_a_window_that_a_second_person_confirmed_stays_confirmed(hush: Hush) -> None:
    (window,) = parse_maintenance(WINDOWS, "maintenance.yml")
    hush.adopt((window,))
    hush.confirm(window.silence_id, "ben")
    hush.adopt((window,))
    assert hush.listed()[0].second == "ben"


def test_an_act_between_two_sweeps_lets_no_end_pass_unseen(
    hush: Hush, store: MemoryStore, clock: PushedClock
) -> None:
    first: Silence = hush.silence(WISH)
    clock.push(2 * HOUR)
    hush.silence(replace(WISH, starts_at=clock.now(), ends_at=clock.now() + HOUR))
    assert due(hush).run_at == clock.now()
    swept(hush)
    ended = [entry.subject for entry in entries(store) if entry.kind == Happening.SILENCE_EXPIRED]
    assert [UUID(subject) for subject in ended] == [first.silence_id]
