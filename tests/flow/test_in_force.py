"""The configuration in force leads labels to groups."""

from __future__ import annotations

from notification_rig import ONE
from nouns import an_alert
from tocsin.flow import in_force
from tocsin.flow.in_force import Routing, by_id, told_as
from tocsin.oncall.alertmanager.file import parse_alertmanager


def routing(text=ONE):
    found = Routing()
    found.exchange(parse_alertmanager(text, "a.yml"), text)
    return found


def test_equal_labels_are_looked_up_once():
    found = routing().in_force
    assert found.seats({"alertname": "A"}) is found.seats({"alertname": "A"})
    (seat,) = found.seats({"alertname": "A", "instance": "1"})
    assert seat.group_id == found.seats({"alertname": "A"})[0].group_id
    assert by_id([seat]) == {seat.group_id: seat}
    assert seat.told_as == told_as('{}:{alertname="A"}')


def test_too_many_label_sets_are_forgotten(monkeypatch):
    monkeypatch.setattr(in_force, "MOST_REMEMBERED", 2)
    found = routing().in_force
    first = found.seats({"alertname": "A"})
    found.seats({"alertname": "B"})
    found.seats({"alertname": "C"})
    assert found.seats({"alertname": "A"}) == first
    assert found.seats({"alertname": "A"}) is not first


def test_receivers_are_named_once_in_order():
    found = routing().in_force
    assert found.receivers_of(an_alert()) == ("team",)
    assert [each.name for each in found.integrations("team")] == ["webhook/0"]
    assert found.integrations("nobody") == ()


def test_a_configuration_can_be_taken_away():
    found = routing()
    found.exchange(None)
    assert found.in_force is None
