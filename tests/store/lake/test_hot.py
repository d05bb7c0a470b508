"""Hot files follow one another without a gap, also while others append and seal."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from tocsin.store.lake import hot
from tocsin.store.lake.hot import HotFile, hot_files
from tocsin.store.lake.refusals import SignalsMissing

TODAY = date(2026, 11, 21)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "prod"


def test_the_next_file_goes_on_where_the_one_before_ended(folder) -> None:
    assert hot.append(folder, [b"one"]) == 4
    ended = hot.roll(folder, TODAY)
    assert ended == HotFile(folder / "hot.ndjson", 0, None)
    assert hot.append(folder, [b"two"]) == 8
    assert hot_files(folder)[1] == HotFile(folder / "hot-00000000000000000004-20261121.ndjson", 4, TODAY)
    assert [list(hot.lines(each)) for each in hot_files(folder)] == [[(0, b"one")], [(4, b"two")]]


def test_an_empty_file_and_an_empty_folder_are_not_ended(folder) -> None:
    assert hot.roll(folder, TODAY) is None
    hot.append(folder, [])
    assert hot.roll(folder, TODAY) is None
    (folder / "hot.ndjson").write_bytes(b"torn")
    assert hot.roll(folder, TODAY) is None


def test_a_torn_tail_is_cut_off_before_the_file_ends(folder) -> None:
    hot.append(folder, [b"one"])
    with (folder / "hot.ndjson").open("ab") as file:
        file.write(b"torn")
    assert list(hot.lines(hot_files(folder)[0])) == [(0, b"one")]
    hot.roll(folder, TODAY)
    assert hot_files(folder)[-1].start == 4


def test_an_ended_file_that_lost_bytes_is_said_aloud(folder) -> None:
    hot.append(folder, [b"one", b"two"])
    (folder / "hot.ndjson").write_bytes(b"one\n")
    with pytest.raises(SignalsMissing):
        hot.read("prod", hot_files(folder)[0], 8, 5)


def test_a_dropped_file_is_gone_and_dropping_it_again_is_fine(folder) -> None:
    hot.append(folder, [b"one"])
    ended = hot.roll(folder, TODAY)
    hot.drop(ended)
    hot.drop(ended)
    assert ended.size() == 0
    assert [each.start for each in hot_files(folder)] == [4]
    with pytest.raises(FileNotFoundError):
        list(hot.lines(ended))


def test_strange_names_in_the_folder_are_no_hot_files(folder) -> None:
    hot.append(folder, [b"one"])
    for name in ("hot-5.ndjson", "hot.ndjson.old", "segments"):
        (folder / name).write_bytes(b"x")
    assert len(hot_files(folder)) == 1
    assert hot_files(folder / "segments") == ()


def test_appending_while_files_end_and_vanish_keeps_every_line_once(folder) -> None:
    kept: list[tuple[int, bytes]] = []
    done = threading.Event()

    def append(name: int) -> None:
        for number in range(60):
            hot.append(folder, [b"%d-%d" % (name, number)])

    def end() -> None:
        while not done.is_set():
            ended = hot.roll(folder, TODAY)
            if ended:
                kept.extend(hot.lines(ended))
                hot.drop(ended)

    ending = threading.Thread(target=end)
    threads = [threading.Thread(target=append, args=(n,)) for n in range(3)]
    for thread in (*threads, ending):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    ending.join()
    kept += [pair for each in hot_files(folder) for pair in hot.lines(each)]
    assert sorted(raw for _, raw in kept) == sorted(b"%d-%d" % (n, m) for n in range(3) for m in range(60))
    position = 0
    for offset, raw in kept:
        assert offset == position
        position += len(raw) + 1


def test_lines_longer_than_what_is_read_at_once_are_read_whole(folder, monkeypatch) -> None:
    lines = [b"x" * size for size in (0, 1, 3, 4, 5, 40, 0, 2)]
    stop = hot.append(folder, lines)
    with (folder / "hot.ndjson").open("ab") as file:
        file.write(b"torn")
    monkeypatch.setattr(hot, "_BLOCK", 4)
    (only,) = hot_files(folder)
    assert hot.read("prod", only, 0, 100) == tuple(lines)
    assert hot.read("prod", only, 1, 2) == (b"x", b"xxx")
    assert hot.read("prod", only, stop, 100) == ()


def test_no_more_than_so_many_bytes_are_read_together_but_always_a_whole_line(folder, monkeypatch) -> None:
    lines = [b"x" * size for size in (30, 1, 1, 1, 1, 30)]
    stop = hot.append(folder, lines)
    monkeypatch.setattr(hot, "_BLOCK", 4)
    monkeypatch.setattr(hot, "_MOST_BYTES", 6)
    (only,) = hot_files(folder)
    found, position = [], 0
    while position < stop:
        some = hot.read("prod", only, position, 100)
        assert 1 <= len(some) <= 4
        found += some
        position += sum(len(line) + 1 for line in some)
    assert found == lines


def test_who_reads_keeps_nobody_from_appending(folder, monkeypatch) -> None:
    hot.append(folder, [b"one", b"two"])
    whole_lines = hot._whole_lines

    def while_somebody_appends(*place: int) -> tuple[bytes, ...]:
        appending = threading.Thread(target=hot.append, args=(folder, [b"three"]))
        appending.start()
        appending.join(20)
        assert not appending.is_alive()
        return whole_lines(*place)

    monkeypatch.setattr(hot, "_whole_lines", while_somebody_appends)
    (only,) = hot_files(folder)
    assert hot.read("prod", only, 0, 100) == (b"one", b"two")
