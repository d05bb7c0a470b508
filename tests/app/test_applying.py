"""Packs are put in force whole or not at all, can be taken back once, and the log says who did it."""

from __future__ import annotations

import fcntl

import pytest

from recorded_month import NEW, NOISE, OLD, house, write_pack
from tocsin.app.applying import (
    PacksNotApplied,
    in_force,
    kept_before,
    put_in_force,
    remember_start,
)
from tocsin.app.pack_tree import mend, tree_in_home
from tocsin.app.planning import plan
from tocsin.audit.leaf import decode
from tocsin.domain.errors import NotFound


@pytest.fixture
def lived(sqlite_store, tmp_path):
    lived = house(tmp_path / "home", OLD)
    remember_start(lived.app)
    write_pack(tmp_path / "git" / "team", NEW, NOISE)
    return lived


def entries(app):
    with app.store.transaction() as shelves:
        return [decode(content) for content in shelves.log.waiting_contents()]


def test_packs_are_exchanged_whole_and_the_log_says_who_did_it(lived, tmp_path):
    planned = plan(lived.app, tmp_path / "git")
    put_in_force(lived.app, planned, "cli:ada")
    home = tmp_path / "home"
    assert (home / "packs" / "team" / "oncall.yml").read_text() == NEW
    assert (home / "packs.before" / planned.base / "team" / "oncall.yml").read_text() == OLD
    assert not (home / "packs.next").exists()
    with lived.app.store.reading() as shelves:
        known = in_force(shelves)
    assert known.digest == planned.tree.digest == tree_in_home(home).digest
    assert known.files["team/noise.yml"].by == "cli:ada"
    last = entries(lived.app)[-1]
    assert (last.actor, last.kind, last.facts["how"]) == ("cli:ada", "configuration.changed", "applied")
    assert last.facts["changed team/oncall.yml"] == planned.tree.digests["team/oncall.yml"]
    assert "team/noise.yml" in last.facts["files"]


def test_a_change_can_be_taken_back_and_that_too(lived, tmp_path):
    with pytest.raises(NotFound):
        kept_before(lived.app)
    put_in_force(lived.app, plan(lived.app, tmp_path / "git"), "cli:ada")
    for text in (OLD, NEW):
        put_in_force(lived.app, plan(lived.app, kept_before(lived.app)), "cli:ada")
        assert (tmp_path / "home" / "packs" / "team" / "oncall.yml").read_text() == text
    assert len(list((tmp_path / "home" / "packs.before").iterdir())) == 1


def test_what_changed_since_the_plan_is_not_overwritten(lived, tmp_path):
    planned = plan(lived.app, tmp_path / "git")
    (tmp_path / "home" / "packs" / "team" / "noise.yml").write_text(NOISE)
    with pytest.raises(PacksNotApplied, match="changed since"):
        put_in_force(lived.app, planned, "cli:ada")
    assert (tmp_path / "home" / "packs" / "team" / "oncall.yml").read_text() == OLD


def test_two_at_once_and_a_linked_folder_are_refused(lived, tmp_path):
    planned = plan(lived.app, tmp_path / "git")
    with (tmp_path / "home" / "packs.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(PacksNotApplied, match="Somebody else"):
            put_in_force(lived.app, planned, "cli:ada")
    (tmp_path / "home" / "packs").rename(tmp_path / "elsewhere")
    (tmp_path / "home" / "packs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PacksNotApplied, match="is a link"):
        put_in_force(lived.app, planned, "cli:ada")


@pytest.mark.parametrize("cut", ["before", "between"])
def test_a_crash_leaves_the_old_packs_or_the_new_ones_never_a_part(lived, tmp_path, cut):
    home, planned = tmp_path / "home", plan(lived.app, tmp_path / "git")
    planned.tree.write(home / ("packs.half" if cut == "before" else "packs.next"))
    if cut == "between":
        (home / "packs").rename(home / "packs.gone")
    mend(home)
    assert (home / "packs" / "team" / "oncall.yml").read_text() == (OLD if cut == "before" else NEW)
    if cut == "before":
        put_in_force(lived.app, planned, "cli:ada")
        assert tree_in_home(home).digest == planned.tree.digest


def test_a_start_with_other_files_than_before_is_written_down_once(lived):
    assert len([each for each in entries(lived.app) if each.subject == "packs"]) == 1
    remember_start(lived.app)
    assert len([each for each in entries(lived.app) if each.subject == "packs"]) == 1
