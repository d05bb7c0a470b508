"""Packs are taken when they were put in force and lie here; everything else stays as it is."""

from __future__ import annotations

import pytest

from recorded_month import NEW, OLD, house, write_pack
from tocsin.app.applying import put_in_force, remember_start
from tocsin.app.planning import plan
from tocsin.app.renewing import follow, nobody_takes_over, renew, take_over_by

ALERTMANAGER = "route: {receiver: night}\nreceivers: [{name: night}]\n"


@pytest.fixture
def taken():
    taken: list[object] = []
    take_over_by(taken.append)
    yield taken
    nobody_takes_over()


@pytest.fixture
def app(sqlite_store, tmp_path, taken):
    app = house(tmp_path / "home", OLD).app
    remember_start(app)
    write_pack(tmp_path / "git" / "team", NEW)
    return app


def test_what_was_put_in_force_is_taken_and_a_file_half_written_is_not(app, tmp_path, taken, caplog):
    assert follow(app) is False
    write_pack(tmp_path / "home" / "packs" / "team", NEW)
    assert (follow(app), taken) == (False, [])
    write_pack(tmp_path / "home" / "packs" / "team", OLD)
    put_in_force(app, plan(app, tmp_path / "git"), "cli:ada")
    write_pack(tmp_path / "home" / "packs" / "team", OLD + "\n")
    assert (follow(app), follow(app), taken) == (False, False, [])
    assert caplog.text.count("drift packs") == 1
    write_pack(tmp_path / "home" / "packs" / "team", NEW)
    assert follow(app) is True
    assert "payments" in taken[0].policies.roster.policies


def test_an_alertmanager_file_alone_is_exchanged_in_place(app, tmp_path, taken):
    (tmp_path / "home" / "packs" / "team" / "alertmanager.yml").write_text(ALERTMANAGER)
    assert renew(app) is False
    assert app.take.notify.routing.in_force is not None
    assert (follow(app), taken) == (False, [])
    (tmp_path / "git" / "team" / "alertmanager.yml").write_text(ALERTMANAGER.replace("night", "day"))
    (tmp_path / "git" / "team" / "oncall.yml").write_text(OLD)
    put_in_force(app, plan(app, tmp_path / "git"), "cli:ada")
    assert follow(app) is False
    assert "day" in app.take.notify.routing.in_force.configuration.receivers
