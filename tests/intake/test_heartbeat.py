"""A source's silence is known by its own habits; our own, nights and a first start raise no alarm."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nouns import NOON
from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.intake.heartbeat import (
    DEFAULT,
    LEASE,
    LEAST,
    MOST,
    Expectation,
    Looked,
    Pulse,
    State,
    Watch,
    beat,
    expectation_of,
    expected,
    forgotten,
    look,
    pulse_of,
    read_expectations,
    state_of,
    watch_of,
    written,
    written_watch,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LISTENING = Watch(looked_at=NOON, deaf_until=NOON - timedelta(days=9))


def pulse(*gaps: timedelta, source: str = "idp", since: datetime = NOON - timedelta(days=2)) -> Pulse:
    """Return a pulse that was heard first at `since`, and then after each gap."""
    found = beat(Pulse(source=source), since)
    at = since
    for gap in gaps:
        at += gap
        found = beat(found, at)
    return found


def looked(known: Pulse, now: datetime, *, heard: datetime | None = None, told=(), watch=None) -> Looked:
    """Look once at one source, having listened until just before."""
    before = watch or Watch(looked_at=now - MINUTE, deaf_until=NOON - timedelta(days=9))
    return look(before, [known], {} if heard is None else {known.source: heard}, told, now)


def test_usual_gaps_are_learned_three_times_over() -> None:
    assert expected(pulse(*[10 * MINUTE] * 200), DEFAULT) == pytest.approx(30 * MINUTE, rel=0.2)


def test_a_quiet_night_that_came_twice_is_no_silence() -> None:
    day = [*[MINUTE] * 900, 9 * HOUR]
    once, twice = pulse(*day), pulse(*day, *day)
    assert expected(once, DEFAULT) == LEAST
    assert 9 * HOUR < expected(twice, DEFAULT) < 15 * HOUR


@pytest.mark.parametrize(
    ("gaps", "limit"),
    [([timedelta(seconds=1)] * 9, LEAST), ([timedelta(days=1)] * 9, MOST), ([HOUR] * 2, None)],
)
def test_what_is_learned_has_bounds_and_needs_three_gaps(gaps, limit) -> None:
    assert expected(pulse(*gaps), DEFAULT) == limit


def test_what_a_pack_says_comes_before_what_is_learned() -> None:
    assert expected(pulse(), Expectation(pattern="*", every=HOUR)) == HOUR


def test_an_old_or_equal_time_changes_no_pulse() -> None:
    known = pulse(MINUTE)
    assert known.last is not None
    assert beat(known, known.last) is known
    assert beat(known, known.last - HOUR) is known


def test_long_past_gaps_fade() -> None:
    known = Pulse(source="idp", last=NOON, gaps={10: 20_000, 60: 1})
    faded = beat(known, NOON + MINUTE)
    assert (faded.gaps[10], 60 in faded.gaps) == (10_000, False)


@given(st.lists(st.timedeltas(timedelta(), timedelta(days=400)), max_size=50))
def test_the_limit_is_always_within_bounds(gaps) -> None:
    limit = expected(pulse(*gaps, since=NOON), DEFAULT)
    assert limit is None or LEAST <= limit <= MOST


def test_a_source_that_falls_silent_raises_one_alert_and_ends_it_by_speaking() -> None:
    known = pulse(*[MINUTE] * 20)
    last = known.last
    assert last is not None
    quiet = looked(known, last + 4 * MINUTE)
    assert (quiet.reports, quiet.pulses) == ((), (known,))

    (silent,) = looked(known, last + 6 * MINUTE).pulses
    (report,) = looked(known, last + 6 * MINUTE).reports
    assert silent.silent_since == last
    assert report.labels == {
        "alertname": "SourceSilent",
        "source": "idp",
        "severity": "medium",
        "incident_type": "service-degradation",
    }
    assert (report.starts_at, report.ends_at) == (last, last + 6 * MINUTE + LEASE)

    assert looked(silent, last + 7 * MINUTE).reports == ()
    (renewed,) = looked(silent, last + timedelta(days=2)).reports
    assert (renewed.labels, renewed.annotations) == (report.labels, report.annotations)

    spoke = looked(silent, last + HOUR, heard=last + HOUR - MINUTE)
    (ended,) = spoke.reports
    assert (ended.labels, ended.ends_at) == (report.labels, last + HOUR)
    (again,) = spoke.pulses
    assert (again.silent_since, again.told_at, again.known_gaps) == (None, None, 21)


def test_a_first_start_is_no_storm() -> None:
    old = {f"source-{n}": NOON - timedelta(days=30) for n in range(50)}
    first = look(Watch(), [], old, [Expectation(pattern="*", every=MINUTE)], NOON)
    assert (first.reports, first.our_gap, first.watch.deaf_until) == ((), None, NOON)
    assert {each.last for each in first.pulses} == {NOON - timedelta(days=30)}


def test_our_own_deafness_is_told_and_is_nobodys_silence() -> None:
    known = pulse(*[MINUTE] * 20)
    last = known.last
    assert last is not None
    slept = Watch(looked_at=last, deaf_until=last - HOUR)
    woken = looked(known, last + 5 * HOUR, watch=slept)
    assert (woken.our_gap, woken.reports) == (5 * HOUR, ())
    assert woken.watch.deaf_until == last + 5 * HOUR
    late = look(woken.watch, woken.pulses, {}, [], last + 5 * HOUR + MINUTE)
    assert (late.reports, late.our_gap) == ((), None)
    spoke = look(woken.watch, woken.pulses, {"idp": last + 5 * HOUR + MINUTE}, [], last + 5 * HOUR + MINUTE)
    assert spoke.pulses[0].known_gaps == known.known_gaps
    silent = Watch(looked_at=last + 6 * HOUR, deaf_until=woken.watch.deaf_until)
    assert look(silent, woken.pulses, {}, [], last + 6 * HOUR + MINUTE).reports


def test_practice_and_sources_whose_silence_means_nothing_raise_no_alert() -> None:
    drill = pulse(*[MINUTE] * 20, source="drill-x")
    assert looked(drill, NOON).pulses == ()
    known = pulse(*[MINUTE] * 20)
    assert looked(known, NOON, told=[Expectation(pattern="*", severity=None)]).reports == ()


def test_the_first_expectation_that_fits_counts() -> None:
    told = [Expectation(pattern="audit*", severity=Severity.P1, owner="security"), Expectation(pattern="a*")]
    assert expectation_of("audit-log", told).severity is Severity.P1
    assert expectation_of("app", told) is told[1]
    assert expectation_of("idp", told) is DEFAULT
    (report,) = looked(pulse(*[MINUTE] * 20, source="audit-log"), NOON, told=told).reports
    assert (report.labels["severity"], report.labels["owner"]) == ("critical", "security")


def test_states_are_told_apart() -> None:
    known = pulse(*[MINUTE] * 20)
    assert known.last is not None
    assert state_of(Pulse(source="idp"), DEFAULT, NOON, None) is State.WAITING
    assert state_of(pulse(MINUTE), DEFAULT, NOON, None) is State.LEARNING
    assert state_of(known, DEFAULT, known.last + MINUTE, None) is State.SPEAKING
    assert state_of(known, DEFAULT, known.last + HOUR, None) is State.SILENT


def test_a_forgotten_source_learns_anew_and_its_alert_ends() -> None:
    known = pulse(*[MINUTE] * 20)
    (silent,) = looked(known, NOON).pulses
    fresh, ended = forgotten(silent, DEFAULT, NOON)
    assert (fresh, [report.ends_at for report in ended]) == (Pulse(source="idp", last=known.last), [NOON])
    assert forgotten(known, DEFAULT, NOON)[1] == ()


def test_what_is_stored_comes_back_and_damage_is_a_new_beginning() -> None:
    (silent,) = looked(pulse(*[MINUTE] * 20), NOON).pulses
    for each in (silent, Pulse(source="idp")):
        assert pulse_of("idp", written(each)) == each
    for each in (LISTENING, Watch()):
        assert watch_of(written_watch(each)) == each
    for damaged in (b"", b"\xff", b"[]", b"{}", b'{"last":1,"gaps":{}}', b'{"last":null,"gaps":[]}'):
        assert pulse_of("idp", damaged) == Pulse(source="idp")
        assert watch_of(damaged) == Watch()
    assert watch_of(None) == Watch()


SOURCES = """
sources:
  - {name: "audit*", severity: P1, expect_every: 10m, owner: security}
  - {name: nightly, expect_every: 26h}
  - {name: toy, severity: none}
"""


def test_a_pack_says_what_is_expected() -> None:
    audit, nightly, toy = read_expectations(SOURCES, "sources.yml")
    assert audit == Expectation(pattern="audit*", every=10 * MINUTE, severity=Severity.P1, owner="security")
    assert (nightly.every, nightly.severity, toy.severity) == (26 * HOUR, Severity.P3, None)
    assert read_expectations("sources:", "sources.yml") == ()


@pytest.mark.parametrize(
    "text",
    [
        "sources: [{severity: P1}]",
        "sources: [{name: a, expect_every: 0s}]",
        "sources: [{name: a, severity: P9}]",
    ],
)
def test_a_mistake_in_a_pack_is_named_by_its_place(text) -> None:
    with pytest.raises(PackProblem, match=r"sources\.yml:1:"):
        read_expectations(text, "sources.yml")
