"""A command runs as it was signed: without a shell, without our environment, within its limits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fake_signer import LIST, signed_list

from tocsin.connectors.shell.caller import MOST_OUTPUT, make
from tocsin.connectors.shell.signed import ShellUnsigned
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import SystemClock
from tocsin.domain.fence import HoldLost, fenced
from tocsin.domain.ports.delivery import FailureKind


def run(folder: Path, operation: str, *, text: str = LIST, changes: bool = False, **parameters: object):
    caller = make(signed_list(folder, text), SystemClock())
    return caller.call(Call(service="shell", operation=operation, parameters=parameters, changes=changes))


def test_it_gets_no_environment_but_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SLACK_TOKEN", "a-very-secret-token")
    assert run(tmp_path, "/usr/bin/env") == {"exit": 0, "output": "LANG=C"}


def test_what_is_not_on_the_list_is_refused(tmp_path: Path) -> None:
    for operation in ("/usr/bin/env x", "/bin/sh -c id", "/bin/sleep 9"):
        with pytest.raises(CallFailed, match="does not hold this command") as raised:
            run(tmp_path, operation)
        assert raised.value.kind is FailureKind.REFUSED
    with pytest.raises(CallFailed, match="no plain word"):
        run(tmp_path, "/bin/sleep '{seconds}'", seconds="-1")


def test_the_list_is_believed_anew_for_every_call(tmp_path: Path) -> None:
    values = signed_list(tmp_path)
    caller = make(values, SystemClock())
    (tmp_path / "shell.yml").write_text(LIST.replace("/usr/bin/env", "/usr/bin/id"))
    with pytest.raises(ShellUnsigned):
        caller.call(Call(service="shell", operation="/usr/bin/env"))
    nothing = make({**values, "TOCSIN_SHELL_FILE": ""}, SystemClock())
    with pytest.raises(CallFailed, match="does not hold"):
        nothing.call(Call(service="shell", operation="/usr/bin/env"))


@pytest.mark.parametrize(("changes", "kind"), [(True, FailureKind.UNKNOWN), (False, FailureKind.RETRY_LATER)])
def test_it_is_killed_when_its_time_is_up(tmp_path: Path, changes: bool, kind: FailureKind) -> None:
    begun = time.monotonic()
    with pytest.raises(CallFailed, match="did not end within 1 s") as raised:
        run(tmp_path, "/bin/sleep '{seconds}'", changes=changes, seconds=30)
    assert raised.value.kind is kind
    assert time.monotonic() - begun < 10


def test_a_change_that_does_not_end_with_0_may_have_taken_effect(tmp_path: Path) -> None:
    with pytest.raises(CallFailed, match="ended with 1") as raised:
        run(tmp_path, "/usr/bin/touch '{place}/mark'", changes=True, place="/nowhere")
    assert (raised.value.kind, raised.value.code) == (FailureKind.UNKNOWN, "1")
    assert run(tmp_path, "/usr/bin/test -e '{place}/mark'", place="/nowhere")["exit"] == 1


def test_output_is_cut_and_a_missing_program_is_a_wrong_setting(tmp_path: Path) -> None:
    much = LIST.replace("[/usr/bin/env]", "[/usr/bin/head, -c, '99999', /dev/zero]")
    told = run(tmp_path, "/usr/bin/head -c 99999 /dev/zero", text=much)
    assert len(told["output"]) <= MOST_OUTPUT
    none = LIST.replace("[/usr/bin/env]", "[/usr/bin/there-is-none]")
    with pytest.raises(CallFailed, match="cannot be started") as raised:
        run(tmp_path, "/usr/bin/there-is-none", text=none)
    assert raised.value.kind is FailureKind.MISCONFIGURED


def test_a_hold_that_is_lost_lets_nothing_run(tmp_path: Path) -> None:
    with fenced(lambda: False), pytest.raises(HoldLost):
        run(tmp_path, "/usr/bin/touch '{place}/mark'", changes=True, place=str(tmp_path))
    assert not (tmp_path / "mark").exists()
