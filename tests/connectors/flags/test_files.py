"""A file of flags is replaced as a whole or not at all, and keeps all that was not meant."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from tocsin.connectors.flags import files
from tocsin.connectors.flags.files import FlagFiles, make
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import SystemClock
from tocsin.domain.fence import HoldLost, fenced
from tocsin.domain.ports.delivery import FailureKind

FLAG = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off", "targeting": {}}


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    path = tmp_path / "platform.json"
    path.write_text(json.dumps({"$schema": "x", "flags": {"a": FLAG, "b": FLAG}}))
    path.chmod(0o640)
    return path


def write(platform: Path, flag: str = "a", variant: str = "on", state: str = "ENABLED", file: str = "p"):
    value = {"state": state, "variant": variant}
    parameters = {"file": file, "flag": flag, "value": value}
    caller = make({"TOCSIN_FLAGS_FILES": f"p={platform}"}, SystemClock())
    return caller.call(Call(service="flags", operation="write", parameters=parameters, changes=True))


def test_one_flag_is_set_and_everything_else_stays(platform: Path) -> None:
    assert write(platform) == {"state": "ENABLED", "variant": "on"}
    found = json.loads(platform.read_bytes())
    assert found == {"$schema": "x", "flags": {"a": {**FLAG, "defaultVariant": "on"}, "b": FLAG}}
    assert platform.stat().st_mode & 0o777 == 0o640
    before = platform.stat().st_ino
    write(platform)
    assert platform.stat().st_ino == before


def test_two_writers_at_once_lose_nothing(platform: Path) -> None:
    writers = [threading.Thread(target=write, args=(platform, flag)) for flag in ("a", "b")]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    flags = json.loads(platform.read_bytes())["flags"]
    assert [flags[name]["defaultVariant"] for name in ("a", "b")] == ["on", "on"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"flag": "none"}, FailureKind.REFUSED),
        ({"variant": "none"}, FailureKind.REFUSED),
        ({"state": "none"}, FailureKind.REFUSED),
        ({"file": "none"}, FailureKind.MISCONFIGURED),
    ],
)
def test_what_cannot_be_is_refused(platform: Path, change: dict[str, str], kind: FailureKind) -> None:
    before = platform.read_bytes()
    with pytest.raises(CallFailed) as raised:
        write(platform, **change)
    assert raised.value.kind is kind
    assert platform.read_bytes() == before


@pytest.mark.parametrize("content", ["[]", "{}", "no"])
def test_what_is_no_file_of_flagd_is_left_alone(platform: Path, content: str) -> None:
    platform.write_text(content)
    with pytest.raises(CallFailed, match="no file of flagd"):
        write(platform)
    assert platform.read_text() == content


def test_a_kill_in_between_leaves_the_old_file(platform: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = platform.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(CallFailed, match="No space left") as raised:
        write(platform)
    assert raised.value.kind is FailureKind.UNKNOWN
    assert platform.read_bytes() == before
    assert sorted(os.listdir(platform.parent)) == [".platform.json.lock", "platform.json"]


def test_a_missing_file_is_a_wrong_setting_and_a_lost_hold_writes_nothing(platform: Path) -> None:
    read = Call(service="flags", operation="read", parameters={"file": "p", "flag": "a"})
    with pytest.raises(CallFailed) as raised:
        FlagFiles({"p": platform.with_name("none.json")}).call(read)
    assert raised.value.kind is FailureKind.MISCONFIGURED
    before = platform.read_bytes()
    with fenced(lambda: False), pytest.raises(HoldLost):
        write(platform)
    assert platform.read_bytes() == before
