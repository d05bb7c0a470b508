"""The chapters are built upon one store and one clock, by what the packs say."""

from __future__ import annotations

from datetime import UTC, datetime

from tocsin.app.chapters import Ground, chapters_of
from tocsin.app.packs import Packs
from tocsin.app.policies import build_policies
from tocsin.app.settings import load_settings
from tocsin.domain.clock import PushedClock
from tocsin.store.locker import DiskLocker


def test_every_chapter_knows_the_policies_and_the_chapters_it_goes_on_in(tmp_path, memory_store) -> None:
    team = tmp_path / "packs" / "team"
    team.mkdir(parents=True)
    (team / "noise.yml").write_text("silences: {longest: {P1: 1h}}")
    (team / "maintenance.yml").write_text(
        "windows: [{name: move, owner: ben, reason: the move, matchers: ['service = shop'],"
        " rule: FREQ=WEEKLY;BYDAY=SU, zone: UTC, at: '02:00', lasts: 1h}]"
    )
    packs = Packs(tmp_path)
    policies = build_policies(packs)
    clock = PushedClock(datetime(2026, 3, 1, tzinfo=UTC))
    ground = Ground(load_settings({}, home=tmp_path), packs, policies, memory_store, clock)
    told = chapters_of(ground, DiskLocker(tmp_path / "evidence"), {}, lambda username: True)
    assert told.take.mute.policy is policies.noise
    assert [window.owner for window in told.take.mute.windows] == ["ben"]
    assert told.take.call is told.close.call is told.deliver.call is told.call
    assert told.listen.take is told.take
    again = chapters_of(ground, DiskLocker(tmp_path / "evidence"), {}, lambda username: True)
    assert again.call.link_key == told.call.link_key
