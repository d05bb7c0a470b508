"""Tests of what a decision yields."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Happening
from tocsin.incidents.changed import TOCSIN, Changed, line


def test_the_later_incident_stands_with_the_entries_of_both_in_order(
    incident: Incident, now: datetime
) -> None:
    first = line(incident, Happening.NOTE, "first", by="ada", now=now)
    second = line(incident, Happening.NOTE, "second", by="ada", now=now)
    later = replace(incident, title="later")
    both = Changed(incident=incident, entries=(first,)).then(Changed(incident=later, entries=(second,)))
    assert both == Changed(incident=later, entries=(first, second))


def test_only_what_the_product_does_is_automated(incident: Incident, now: datetime) -> None:
    assert line(incident, Happening.NOTE, "x", by=TOCSIN, now=now).automated
    assert not line(incident, Happening.NOTE, "x", by="ada", now=now).automated
