"""Alert episodes on every store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nouns import INCIDENT, NOON, an_alert, later
from tocsin.domain.alert import AlertFilter, AlertLine, AlertStatus
from tocsin.domain.timeline import Happening


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


def test_episodes_that_are_added_at_once_come_back_numbered_in_their_order(any_store):
    three = [an_alert(fingerprint=name, labels={"n": name}) for name in ("cc", "aa", "bb")]
    with any_store.transaction() as shelves:
        kept = shelves.alerts.add_all(three)
        assert shelves.alerts.add_all([]) == ()
    assert [alert.fingerprint for alert in kept] == ["cc", "aa", "bb"]
    assert len({alert.number for alert in kept}) == 3
    with any_store.reading() as shelves:
        assert tuple(shelves.alerts.get(alert.number) for alert in kept) == kept


def test_the_latest_of_many_fingerprints_are_found_at_once(any_store):
    with any_store.transaction() as shelves:
        shelves.alerts.add(an_alert(fingerprint="aa"))
        second = shelves.alerts.add(an_alert(fingerprint="aa", starts_at=later(600)))
        other = shelves.alerts.add(an_alert(fingerprint="bb"))
    with any_store.reading() as shelves:
        assert shelves.alerts.latest_of(["aa", "bb", "cc"]) == {"aa": second, "bb": other}
        assert shelves.alerts.latest_of([]) == {}


def test_a_renewed_alert_changes_nothing_but_its_lease(any_store):
    with any_store.transaction() as shelves:
        kept = shelves.alerts.add(an_alert())
        renewed = replace(
            kept, ends_at=later(900), ends_by_timeout=True, updated_at=later(60), labels={}, count=9
        )
        shelves.alerts.renew([renewed])
        shelves.alerts.renew([])
    with any_store.reading() as shelves:
        assert shelves.alerts.get(kept.number) == replace(
            kept, ends_at=later(900), ends_by_timeout=True, updated_at=later(60)
        )


def test_ends_that_nobody_looked_at_are_found_by_their_time(any_store):
    with any_store.transaction() as shelves:
        assert shelves.alerts.next_lapse() is None
        late = shelves.alerts.add(an_alert(fingerprint="aa", ends_at=later(10)))
        early = shelves.alerts.add(an_alert(fingerprint="bb", ends_at=later(5)))
        shelves.alerts.add(an_alert(fingerprint="cc", ends_at=later(1), over=True))
    with any_store.reading() as shelves:
        assert shelves.alerts.next_lapse() == later(5)
        assert shelves.alerts.lapsed(later(4)) == ()
        assert shelves.alerts.lapsed(later(10)) == (early, late)
        assert shelves.alerts.lapsed(later(10), limit=1) == (early,)


def test_muted_alerts_are_listed_until_they_are_over(any_store):
    with any_store.transaction() as shelves:
        shelves.alerts.add(an_alert(fingerprint="aa"))
        first = shelves.alerts.add(an_alert(fingerprint="bb", muted_by="a silence"))
        second = shelves.alerts.add(an_alert(fingerprint="cc", muted_by="a silence"))
        shelves.alerts.add(an_alert(fingerprint="dd", muted_by="a silence", over=True))
    with any_store.reading() as shelves:
        assert shelves.alerts.muted() == (first, second)
        assert shelves.alerts.muted(limit=1) == (first,)
        assert shelves.alerts.muted(after=first.number) == (second,)


def test_alerts_that_may_inhibit_are_found_while_they_fire(any_store):
    with any_store.transaction() as shelves:
        kept = shelves.alerts.add(an_alert(fingerprint="aa", inhibits=True, ends_at=later(10)))
        shelves.alerts.add(an_alert(fingerprint="bb", ends_at=later(10)))
    with any_store.reading() as shelves:
        assert shelves.alerts.inhibitors(later(9)) == (kept,)
        assert shelves.alerts.inhibitors(later(10)) == ()


def test_the_firing_alerts_of_an_incident_are_counted(any_store):
    with any_store.transaction() as shelves:
        shelves.alerts.add(an_alert(fingerprint="aa", incident_id=INCIDENT, ends_at=later(5)))
        shelves.alerts.add(an_alert(fingerprint="bb", incident_id=INCIDENT, ends_at=later(10)))
        shelves.alerts.add(an_alert(fingerprint="cc", ends_at=later(10)))
    with any_store.reading() as shelves:
        assert shelves.alerts.firing_in(INCIDENT, later(1)) == 2
        assert shelves.alerts.firing_in(INCIDENT, later(5)) == 1


def test_an_alert_has_a_story_in_the_order_it_was_told(any_store):
    with any_store.transaction() as shelves:
        kept = shelves.alerts.add(an_alert())
        lines = [
            AlertLine(alert=kept.number, at=later(n), kind=Happening.ALERT_MUTED, text=f"line {n}")
            for n in range(3)
        ]
        shelves.alerts.tell([*lines, replace(lines[0], alert=kept.number + 1)])
        shelves.alerts.tell([])
    with any_store.reading() as shelves:
        told = shelves.alerts.story(kept.number)
        assert [replace(line, number=0) for line in told] == lines
        assert [line.at for line in told] == [later(0), later(1), later(2)]
        assert len({line.number for line in told}) == 3


def test_alerts_are_gone_through_backwards_without_their_evidence(any_store):
    with any_store.transaction() as shelves:
        kept = [
            shelves.alerts.add(an_alert(fingerprint=name, evidence=("raw",))) for name in ("aa", "bb", "cc")
        ]
    with any_store.reading() as shelves:
        newest = shelves.alerts.before(kept[2].number + 1, 2)
        assert newest == (replace(kept[2], evidence=()), replace(kept[1], evidence=()))
        assert shelves.alerts.before(kept[1].number, 5) == (replace(kept[0], evidence=()),)


def test_the_stories_of_several_alerts_are_read_at_once(any_store):
    with any_store.transaction() as shelves:
        kept = [shelves.alerts.add(an_alert(fingerprint=name)) for name in ("aa", "bb", "cc")]
        shelves.alerts.tell(
            AlertLine(alert=each.number, at=NOON, kind=Happening.ALERT_HEARD, text=each.fingerprint)
            for each in reversed(kept)
        )
    with any_store.reading() as shelves:
        told = shelves.alerts.stories([kept[0].number, kept[2].number])
        assert [line.text for line in told] == ["cc", "aa"]


@pytest.fixture
def a_list(any_store):
    """Keep alerts that fire, one that is muted, and one that is over; return their numbers."""
    with any_store.transaction() as shelves:
        kept = [
            shelves.alerts.add(an_alert(fingerprint="aa", ends_at=later(-1), labels={"alertname": "Over"})),
            shelves.alerts.add(an_alert(fingerprint="bb", labels={"alertname": "One_%"}, source="grafana")),
            shelves.alerts.add(an_alert(fingerprint="cc", muted_by="a silence", incident_id=INCIDENT)),
            shelves.alerts.add(an_alert(fingerprint="dd", annotations={"summary": 'Größe "5"'})),
        ]
    return [each.number for each in kept]


def found(any_store, limit: int = 50, offset: int = 0, **wanted):
    with any_store.reading() as shelves:
        listed = shelves.alerts.listed(AlertFilter(**wanted), NOON, limit, offset)
        total = shelves.alerts.count(AlertFilter(**wanted), NOON)
    assert total >= len(listed)
    return [each.number for each in listed]


def test_a_list_begins_with_what_fires_and_ends_with_what_is_over(any_store, a_list):
    over, one, muted, four = a_list
    assert found(any_store) == [four, one, muted, over]
    pages = [
        found(any_store, limit=limit, offset=offset) for limit, offset in ((3, 0), (2, 1), (2, 3), (5, 9))
    ]
    assert pages == [[four, one, muted], [one, muted], [over], []]


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ({"status": AlertStatus.FIRING}, [3, 1]),
        ({"status": AlertStatus.MUTED}, [2]),
        ({"status": AlertStatus.RESOLVED}, [0]),
        ({"source": "grafana"}, [1]),
        ({"incident_id": INCIDENT}, [2]),
        ({"text": "one_%"}, [1]),
        ({"text": "GRAF"}, [1]),
        ({"text": 'Größe "5"'}, [3]),
        ({"text": "nowhere"}, []),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_list_holds_what_was_looked_for(any_store, a_list, wanted, places):
    assert found(any_store, **wanted) == [a_list[place] for place in places]
    with any_store.reading() as shelves:
        assert shelves.alerts.count(AlertFilter(**wanted), NOON) == len(places)


def test_an_alert_is_found_by_its_short_name(any_store, a_list):
    assert found(any_store, text=f"alr-{a_list[1]}") == [a_list[1]]
