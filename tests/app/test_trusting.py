"""How far the log is believed follows from what was really reached."""

from __future__ import annotations

from datetime import timedelta

import pytest

from nouns import NOON, a_checkpoint
from tocsin.app.settings import load_settings
from tocsin.app.trusting import anchoring_of, anchors_of, believed, trust_record
from tocsin.app.wiring import build_app
from tocsin.audit.attendance import Attendance, written
from tocsin.audit.trust import Level
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.anchoring import Anchored
from tocsin.flow.sealing import QUORUM


@pytest.fixture
def app_with(tmp_path, memory_store):
    def make(**settings):
        loaded = load_settings(settings, home=tmp_path)
        return build_app(loaded, clock=PushedClock(NOON), store=memory_store)

    return make


def test_the_level_rises_with_a_signature_an_anchor_and_a_quorum(app_with):
    app = app_with()
    assert anchors_of(app) == ()
    assert believed(app).trust.level is Level.L0
    head = a_checkpoint(size=1)
    with app.store.transaction() as shelves:
        shelves.log.add_checkpoint(head)
    assert believed(app).trust.level is Level.L1
    anchoring_of(app).kept("locked-bucket", 1, head, Anchored("s3://b/1", b"", NOON - timedelta(minutes=5)))
    found = believed(app)
    assert (found.trust.level, found.trust.window) == (Level.L2, timedelta(minutes=5))
    record = trust_record(found)
    assert (record["level"], record["window_s"]) == ("L2", 300)
    assert [(each["name"], each["size"]) for each in record["places"]] == [("locked-bucket", 1)]
    with app.store.transaction() as shelves:
        shelves.marks.keep(QUORUM, {"1": written(Attendance(size=1, cosigned_at=NOON))}, NOON)
    assert believed(app).trust.level is Level.L3


def test_places_are_made_of_the_settings(app_with):
    app = app_with(TOCSIN_ANCHOR_BUCKET="heads", TOCSIN_AWS_REGION="eu-central-1", TOCSIN_ANCHOR_SECONDS="60")
    assert [place.name for place in anchors_of(app)] == ["locked-bucket"]
    assert anchoring_of(app).every == timedelta(minutes=1)
