"""Alert episodes on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import INCIDENT, NOON, an_alert, later


def test_an_alert_comes_back_as_it_was_with_labels_in_their_order(any_store):
    odd = an_alert(
        labels={"z": "\0", "a": "\ud800", "": "\N{SNOWMAN}"},
        ends_by_timeout=True,
        generator_url="http://prometheus/graph?g0",
        incident_id=INCIDENT,
        count=12_345_678_901,
        evidence=('{"raw": "\0"}', "second"),
    )
    with any_store.transaction() as shelves:
        kept = shelves.alerts.add(odd)
    assert kept == replace(odd, number=kept.number)
    with any_store.reading() as shelves:
        assert shelves.alerts.get(kept.number) == kept
        assert list(shelves.alerts.get(kept.number).labels) == ["z", "a", ""]
        assert shelves.alerts.get(kept.number + 1) is None


def test_the_latest_episode_of_a_fingerprint_is_found_and_saved(any_store):
    with any_store.transaction() as shelves:
        assert shelves.alerts.latest("00000000000000aa") is None
        shelves.alerts.add(an_alert())
        second = shelves.alerts.add(an_alert(starts_at=later(600)))
        shelves.alerts.add(an_alert(fingerprint="00000000000000bb"))
        moved = replace(second, ends_at=later(900), count=2)
        shelves.alerts.save(moved)
        assert shelves.alerts.latest("00000000000000aa") == moved
    with any_store.reading() as shelves:
        assert shelves.alerts.get(second.number) == moved


def test_saving_an_alert_that_was_never_added_is_a_mistake(any_store):
    with pytest.raises(LookupError), any_store.transaction() as shelves:
        shelves.alerts.save(an_alert(number=99))


def test_unresolved_alerts_are_those_whose_lease_still_runs_by_fingerprint(any_store):
    with any_store.transaction() as shelves:
        late = shelves.alerts.add(an_alert(fingerprint="cc", ends_at=later(10)))
        shelves.alerts.add(an_alert(fingerprint="bb", ends_at=later(5)))
        early = shelves.alerts.add(an_alert(fingerprint="aa", ends_at=later(6)))
    with any_store.reading() as shelves:
        assert shelves.alerts.unresolved(later(5)) == (early, late)
        assert shelves.alerts.unresolved(later(5), limit=1) == (early,)
        assert shelves.alerts.unresolved(later(10)) == ()


def test_alerts_are_listed_by_incident_and_by_newness(any_store):
    with any_store.transaction() as shelves:
        first = shelves.alerts.add(an_alert(incident_id=INCIDENT))
        other = shelves.alerts.add(an_alert(fingerprint="bb", starts_at=NOON))
        second = shelves.alerts.add(an_alert(fingerprint="cc", incident_id=INCIDENT))
    with any_store.reading() as shelves:
        assert shelves.alerts.of_incident(INCIDENT) == (first, second)
        assert shelves.alerts.recent() == (second, other, first)
        assert shelves.alerts.recent(limit=2) == (second, other)
