"""A signed command is looked at, run once, read back and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_signer import signed_list

from tocsin.connectors.shell.caller import make
from tocsin.connectors.shell.plays import performers_by
from tocsin.connectors.shell.signed import ShellUnsigned
from tocsin.domain.acting import Seen
from tocsin.domain.clock import SystemClock
from tocsin.domain.playing import drive, rehearse
from tocsin.response.declaring import faults_of


def test_it_is_run_once_read_back_and_taken_back(tmp_path: Path) -> None:
    values = signed_list(tmp_path)
    caller = make(values, SystemClock())
    touch, *_ = performers_by(values)
    assert faults_of(touch) == ()
    (tmp_path / "there").mkdir()
    arguments = {"place": str(tmp_path / "there")}
    assert drive(touch.seen(arguments, {}, "k"), lambda _: caller) is Seen.NOT_DONE
    assert drive(touch.perform(arguments, {}, "k"), lambda _: caller).text == "the command ended with 0"
    assert drive(touch.perform(arguments, {}, "k"), lambda _: caller).text == "it was so already"
    assert drive(touch.verify(arguments, {}), lambda _: caller) is True
    assert touch.undo is not None
    drive(touch.undo(arguments, {}, "k"), lambda _: caller)
    assert list((tmp_path / "there").iterdir()) == []


def test_a_rehearsal_lists_the_words_and_runs_nothing(tmp_path: Path) -> None:
    touch, env, sleep = performers_by(signed_list(tmp_path))
    look, run = rehearse(touch.perform({"place": str(tmp_path)}, {}, "k")).calls
    assert look.operation == "/usr/bin/test -e '{place}/mark'"
    assert (run.changes, look.changes, run.parameters) == (True, False, {"place": str(tmp_path)})
    assert not (tmp_path / "mark").exists()
    assert rehearse(env.seen({}, {}, "k")).given is Seen.NOT_DONE
    assert rehearse(sleep.seen({"seconds": 1}, {}, "k")).given is Seen.CANNOT_TELL
    assert rehearse(sleep.verify({"seconds": 1}, {})).given is None
    assert rehearse(env.verify({}, {})).given is True


def test_of_a_changed_list_nothing_loads(tmp_path: Path) -> None:
    values = signed_list(tmp_path)
    with (tmp_path / "shell.yml").open("a") as listed:
        listed.write("# once more\n")
    with pytest.raises(ShellUnsigned, match="was changed after it was signed"):
        performers_by(values)
    assert performers_by({**values, "TOCSIN_SHELL_FILE": ""}) == ()
