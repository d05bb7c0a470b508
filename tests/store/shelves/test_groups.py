"""Groups of alerts and what was told of them, on every store."""

from __future__ import annotations

from dataclasses import replace

from nouns import NOON, an_alert, later
from tocsin.domain.notification import NotificationGroup, Notified
from tocsin.domain.ports.groups import Member

HERE, THERE = "1" * 64, "2" * 64


def a_group(group_id: str = HERE, **given) -> NotificationGroup:
    return NotificationGroup(
        **{
            "group_id": group_id,
            "group_key": '{}:{alertname="DiskFull"}',
            "route": "0",
            "receiver": "team",
            "labels": {"alertname": "DiskFull"},
            "created_at": NOON,
            "flush_at": later(30),
            **given,
        }
    )


def a_telling(**given) -> Notified:
    return Notified(
        **{
            "group_id": HERE,
            "receiver": "team",
            "integration": "webhook/0",
            "firing": ("00000000000000aa",),
            "resolved": (),
            "at": NOON,
            **given,
        }
    )


def test_a_group_is_kept_held_and_replaced(any_store):
    with any_store.transaction() as shelves:
        assert shelves.groups.hold([HERE]) == {}
        shelves.groups.save([a_group(), a_group(THERE, group_key="{}:{}")])
        flushed = a_group(flush_at=later(300), flushed_at=later(30))
        shelves.groups.save([flushed])
        assert shelves.groups.hold([THERE, HERE, "3" * 64]) == {
            HERE: flushed,
            THERE: a_group(THERE, group_key="{}:{}"),
        }
    with any_store.reading() as shelves:
        assert [group.group_id for group in shelves.groups.all()] == [HERE, THERE]
        assert shelves.groups.of([HERE, "3" * 64]) == {HERE: flushed}


def test_a_newer_episode_takes_the_place_of_the_earlier_one(any_store):
    with any_store.transaction() as shelves:
        first = shelves.alerts.add(an_alert())
        second = shelves.alerts.add(an_alert(starts_at=later(60)))
        other = shelves.alerts.add(an_alert(fingerprint="00000000000000bb"))
        groups = shelves.groups
        groups.put([Member(HERE, first.fingerprint, first.number)])
        groups.put(
            [
                Member(HERE, first.fingerprint, second.number),
                Member(HERE, other.fingerprint, other.number),
                Member(THERE, other.fingerprint, other.number),
            ]
        )
        assert groups.alerts_of([HERE, THERE]) == {HERE: (second, other), THERE: (other,)}
        assert groups.members_of([THERE]) == (Member(THERE, other.fingerprint, other.number),)
        assert len(groups.members()) == 3


def test_an_alert_leaves_unless_a_newer_episode_took_its_place(any_store):
    with any_store.transaction() as shelves:
        groups = shelves.groups
        groups.put([Member(HERE, "00000000000000aa", 2), Member(HERE, "00000000000000bb", 3)])
        groups.leave([Member(HERE, "00000000000000aa", 1), Member(HERE, "00000000000000bb", 3)])
        assert groups.members() == (Member(HERE, "00000000000000aa", 2),)


def test_a_group_that_ends_takes_its_members_along_and_leaves_what_was_told(any_store):
    with any_store.transaction() as shelves:
        groups = shelves.groups
        groups.save([a_group(), a_group(THERE)])
        groups.put([Member(HERE, "00000000000000aa", 1), Member(THERE, "00000000000000aa", 1)])
        groups.keep([a_telling()])
        groups.end([HERE])
        assert [group.group_id for group in groups.all()] == [THERE]
        assert [member.group_id for member in groups.members()] == [THERE]
        assert groups.notified([HERE]) == (a_telling(),)


def test_what_was_told_is_replaced_and_forgotten_by_group_or_age(any_store):
    with any_store.transaction() as shelves:
        groups = shelves.groups
        groups.keep([a_telling(), a_telling(integration="slack/0"), a_telling(group_id=THERE)])
        newer = replace(a_telling(), firing=(), resolved=("00000000000000aa",), at=later(300))
        groups.keep([newer])
        assert {each.integration: each for each in groups.notified([HERE])}["webhook/0"] == newer
        groups.forget_before(later(1))
        assert groups.notified([HERE, THERE]) == (newer,)
        groups.forget([HERE])
        assert groups.notified([HERE, THERE]) == ()


def test_hundreds_of_groups_are_kept_at_once(any_store):
    ids = [f"{number:064}" for number in range(1200)]
    with any_store.transaction() as shelves:
        alert = shelves.alerts.add(an_alert())
        shelves.groups.save([a_group(each) for each in ids])
        shelves.groups.put([Member(each, alert.fingerprint, alert.number) for each in ids])
        assert len(shelves.groups.hold(ids)) == len(shelves.groups.alerts_of(ids)) == 1200
        shelves.groups.end(ids)
        assert shelves.groups.all() == shelves.groups.members() == ()
