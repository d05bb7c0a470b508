from __future__ import annotations

import os
from pathlib import Path

import pytest

from nouns import NOON
from tocsin.connectors.evidence_local import files
from tocsin.connectors.evidence_local.files import SETS, caller
from tocsin.domain.acting import Call, CallFailed
from tocsin.domain.clock import PushedClock
from tocsin.domain.ports.delivery import FailureKind


def reads(**roots: object):
    values = dict.fromkeys(SETS.values(), "")
    values.update({SETS[name.replace("_", ".")]: str(root) for name, root in roots.items()})
    return caller(values, PushedClock(NOON))


def listed(who, name: str = "files", path: str = ""):
    return who.call(Call(service="local.files", operation="list", parameters={"set": name, "path": path}))


def opened(who, path: object, root: int = 0, name: str = "files") -> tuple[bytes, str]:
    parameters = {"set": name, "path": str(path), "root": root}
    stream, gap = who.call(Call(service="local.files", operation="open", parameters=parameters))
    with stream:
        found = b""
        while piece := stream.read(3):
            found += piece
        return found, gap


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    (folder / "old").mkdir(parents=True)
    (folder / "app.log").write_bytes(b"Eve was here")
    (folder / "old" / "app.log.1").write_bytes(b"before")
    (tmp_path / "secret").write_bytes(b"hunter2")
    return folder


def test_files_are_listed_below_their_folders_in_order(logs: Path) -> None:
    assert listed(reads(files=logs)) == (
        (str(logs / "app.log"), 0, 1),
        (str(logs / "old" / "app.log.1"), 0, 2),
    )
    both = f"{logs / 'old'}, {logs / 'app.log'}"
    assert [place for place, _, _ in listed(reads(app_log=both), "app.log")] == [
        str(logs / "old" / "app.log.1"),
        str(logs / "app.log"),
    ]


def test_only_what_was_asked_for_is_listed(logs: Path) -> None:
    who = reads(files=logs)
    assert [place for place, _, _ in listed(who, path=str(logs / "old"))] == [str(logs / "old/app.log.1")]
    for absent in (logs / "ol", "/etc/passwd"):
        with pytest.raises(CallFailed, match="there is no file"):
            listed(who, path=str(absent))


def test_a_file_is_read_up_to_where_it_ended_when_it_was_opened(logs: Path) -> None:
    who = reads(files=logs)
    parameters = {"set": "files", "path": str(logs / "app.log"), "root": 0}
    stream, gap = who.call(Call(service="local.files", operation="open", parameters=parameters))
    with stream, (logs / "app.log").open("ab") as more:
        more.write(b" and goes on")
        more.flush()
        assert (stream.read(), stream.read(), gap) == (b"Eve was here", b"", "")


def test_no_link_leads_out_and_nothing_but_files_is_opened(logs: Path, tmp_path: Path) -> None:
    (logs / "link").symlink_to(tmp_path / "secret")
    (logs / "linked").symlink_to(tmp_path)
    os.mkfifo(logs / "pipe")
    who = reads(files=logs)
    assert len(listed(who)) == 2
    hostile = (
        logs / "link",
        logs / "linked" / "secret",
        logs / "pipe",
        f"{logs}/../secret",
        tmp_path / "secret",
        f"{logs}x/app.log",
        logs / "old",
        logs / "absent",
    )
    for path in hostile:
        with pytest.raises(CallFailed) as failed:
            opened(who, path)
        assert failed.value.kind is FailureKind.REFUSED


def test_a_configured_file_may_itself_be_a_link(logs: Path, tmp_path: Path) -> None:
    current = tmp_path / "current.log"
    current.symlink_to(logs / "app.log")
    who = reads(files=current)
    ((place, root, _),) = listed(who)
    assert opened(who, place, root) == (b"Eve was here", "")


def test_a_set_that_nobody_configured_says_which_setting_it_wants() -> None:
    with pytest.raises(CallFailed, match="TOCSIN_EVIDENCE_APP_LOG") as failed:
        listed(reads(), "app.log")
    assert failed.value.kind is FailureKind.MISCONFIGURED


def test_too_many_files_are_refused_and_too_long_ones_cut(logs: Path, monkeypatch) -> None:
    monkeypatch.setattr(files, "LARGEST_BYTES", 3)
    content, gap = opened(reads(files=logs), logs / "app.log")
    assert (content, "of which the first 3 are kept" in gap) == (b"Eve", True)
    monkeypatch.setattr(files, "MOST_FILES", 1)
    with pytest.raises(CallFailed, match="more than 1 files"):
        listed(reads(files=logs))
