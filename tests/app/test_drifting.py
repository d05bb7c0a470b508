"""Drift names each file that is not what was put in force, and who put it there."""

from __future__ import annotations

from recorded_month import NEW, NOISE, OLD, START, house, write_pack
from tocsin.app.applying import put_in_force
from tocsin.app.drifting import pack_drift
from tocsin.app.planning import plan


def test_files_changed_by_hand_and_other_than_in_git_are_named(sqlite_store, tmp_path):
    lived = house(tmp_path / "home", OLD)
    team, git = tmp_path / "home" / "packs" / "team", tmp_path / "git" / "team"
    write_pack(git, NEW, NOISE)
    put_in_force(lived.app, plan(lived.app, tmp_path / "git"), "cli:ada")
    assert pack_drift(lived.app, tmp_path / "git") == ()

    (team / "oncall.yml").write_text(OLD)
    (team / "noise.yml").unlink()
    (team / "own.ics").write_text("")
    (git / "maintenance.yml").write_text("")
    (git / "oncall.yml").write_text(OLD)
    found = {each.path: each for each in pack_drift(lived.app, tmp_path / "git")}
    assert {path: each.what for path, each in found.items()} == {
        "team/maintenance.yml": "only in the folder",
        "team/noise.yml": "removed by hand; only in the folder",
        "team/oncall.yml": "changed by hand",
        "team/own.ics": "added by hand; not in the folder",
    }
    assert (found["team/oncall.yml"].applied.by, found["team/oncall.yml"].applied.since) == ("cli:ada", START)
    assert found["team/own.ics"].applied is None
    assert {each.path for each in pack_drift(lived.app)} == {*found} - {"team/maintenance.yml"}
