"""The lake keeps every line or none, through crashes and full disks."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.errors import Overloaded
from tocsin.store.lake import SegmentLake, SignalRefused, SignalsMissing


@pytest.fixture
def lake(tmp_path):
    return SegmentLake(tmp_path / "lake")


def hot(tmp_path, source="prod"):
    return tmp_path / "lake" / source / "hot.ndjson"


def test_lines_come_back_by_offset_and_limit(lake):
    assert lake.append("prod", [b'{"a":1}', b"{}"]) == 11
    assert lake.append("prod", [b'{"b":2}']) == 19
    assert lake.read("prod", 0, 10) == ((b'{"a":1}', b"{}", b'{"b":2}'), 19)
    assert lake.read("prod", 0, 1) == ((b'{"a":1}',), 8)
    assert lake.read("prod", 8, 1) == ((b"{}",), 11)
    assert lake.read("prod", 19, 5) == ((), 19)


def test_a_lines_own_bytes_are_kept_whatever_they_are(lake):
    odd = [b"", b"\r", b"\x00\xff", b"\xe2\x80\xa8"]
    end = lake.append("prod", odd)
    assert lake.read("prod", 0, 10) == (tuple(odd), end)


def test_lines_longer_than_a_block_are_read_whole(lake):
    long = b"x" * (2 * 1024 * 1024 + 5)
    end = lake.append("prod", [b"short", long, b"tail"])
    assert lake.read("prod", 0, 2) == ((b"short", long), 6 + len(long) + 1)
    assert lake.read("prod", 0, 9) == ((b"short", long, b"tail"), end)


def test_nothing_appended_moves_nothing(lake):
    assert lake.append("prod", []) == 0
    assert lake.append("prod", [b"a"]) == 2
    assert lake.append("prod", []) == 2


def test_sources_are_those_with_signals(lake):
    assert lake.sources() == ()
    lake.append("zeta", [b"{}"])
    lake.append("aws.cloudtrail-1", [b"{}"])
    lake.append("empty", [])
    assert lake.sources() == ("aws.cloudtrail-1", "zeta")
    assert lake.read("unknown", 0, 5) == ((), 0)


@pytest.mark.parametrize(
    "name", ["", "..", "a/b", "../etc", "A", "a b", "-a", ".a", "a" * 65, "a\n", "a\0", "é"]
)
def test_a_source_name_that_could_leave_the_lake_is_refused(lake, name):
    with pytest.raises(SignalRefused):
        lake.append(name, [b"{}"])
    with pytest.raises(SignalRefused):
        lake.read(name, 0, 1)


def test_a_record_with_a_line_break_is_refused_with_its_whole_batch(lake):
    with pytest.raises(SignalRefused):
        lake.append("prod", [b"{}", b'{"a":\n1}'])
    assert lake.sources() == ()


@given(torn=st.binary(max_size=40).filter(lambda rest: b"\n" not in rest))
def test_what_a_crash_left_of_a_line_is_cut_off(tmp_path_factory, torn):
    root = tmp_path_factory.mktemp("torn") / "lake"
    lake = SegmentLake(root)
    end = lake.append("prod", [b'{"whole":1}'])
    with (root / "prod" / "hot.ndjson").open("ab") as file:
        file.write(torn)
    assert lake.read("prod", 0, 10) == ((b'{"whole":1}',), end)
    assert lake.append("prod", [b"next"]) == end + 5
    assert lake.read("prod", end, 10) == ((b"next",), end + 5)


def test_a_torn_tail_longer_than_a_block_and_a_torn_first_line_are_cut_off(lake, tmp_path):
    lake.append("prod", [b"whole"])
    for before, kept in ((b"whole\n", (b"whole", b"next")), (b"", (b"next",))):
        hot(tmp_path).write_bytes(before + b"x" * (3 * 1024 * 1024))
        lake.append("prod", [b"next"])
        assert lake.read("prod", 0, 10)[0] == kept


def test_a_position_beyond_the_end_is_said_aloud(lake):
    end = lake.append("prod", [b"{}"])
    with pytest.raises(SignalsMissing, match="byte 3"):
        lake.read("prod", end + 1, 5)
    with pytest.raises(SignalsMissing):
        lake.read("never", 1, 5)


def test_a_full_disk_takes_nothing_half(tmp_path):
    """A file size limit makes the kernel stop in the middle of a write, as a full disk does."""
    script = f"""
import resource, signal
from pathlib import Path
from tocsin.domain.errors import Overloaded
from tocsin.store.lake import SegmentLake
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
lake = SegmentLake(Path({str(tmp_path / "lake")!r}))
lake.append("prod", [b"first"])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
try:
    lake.append("prod", [b"x" * 400] * 5)
except Overloaded as refusal:
    print(refusal.explain())
assert lake.read("prod", 0, 9) == ((b"first",), 6)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
lake.append("prod", [b"second"])
assert lake.read("prod", 0, 9) == ((b"first", b"second"), 13)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "refused to write: File too large" in ran.stdout


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EIO, "Input/output error")],
)
def test_when_the_disk_refuses_to_sync_the_lines_are_taken_back(lake, monkeypatch, number, said):
    lake.append("prod", [b"first"])

    def refuse(descriptor):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", refuse)
        with pytest.raises(Overloaded, match=said):
            lake.append("prod", [b"second"])
    assert lake.read("prod", 0, 9) == ((b"first",), 6)


def test_a_folder_that_cannot_be_made_is_an_overload_not_a_crash(tmp_path):
    (tmp_path / "lake").write_text("a file where the folder should be")
    with pytest.raises(Overloaded):
        SegmentLake(tmp_path / "lake").append("prod", [b"{}"])


def test_threads_never_mix_their_lines(lake):
    def write(name: bytes) -> None:
        for number in range(20):
            lake.append("prod", [b"%s-%d-%s" % (name, number, name * 50)] * 3)

    threads = [threading.Thread(target=write, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines, _ = lake.read("prod", 0, 1000)
    assert len(lines) == 180
    for start in range(0, 180, 3):
        assert len(set(lines[start : start + 3])) == 1


def test_many_sources_leave_no_file_open(lake):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    before = len(os.listdir("/proc/self/fd"))
    for number in range(50):
        lake.append(f"s{number}", [b"{}"])
    assert len(os.listdir("/proc/self/fd")) <= before < limit
