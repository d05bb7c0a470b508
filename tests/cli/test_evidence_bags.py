"""Bags by the command line: packed, exported, checked and decrypted offline."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest


@pytest.fixture
def keys(monkeypatch, tmp_path: Path) -> Path:
    """Set two recipients, and return the identity file of the second."""
    case, escrow = (pyrage.x25519.Identity.generate() for _ in range(2))
    monkeypatch.setenv("TOCSIN_EVIDENCE_RECIPIENTS", f"{case.to_public()},{escrow.to_public()}")
    path = tmp_path / "escrow.key"
    path.write_text(f"# escrow\n{escrow}\n")
    return path


def _out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def test_a_bag_is_packed_exported_and_checked_with_the_escrow_key(
    firing, keys, tmp_path, answer, typed
) -> None:
    bag = answer("evidence", "bag", "INC-1")
    assert (bag["id"], bag["exhibits"], bag["recipients"]) == ("BAG-1", 1, 2)
    assert [each["id"] for each in answer("evidence", "bags", "INC-1")] == ["BAG-1"]
    out = _out(tmp_path)
    export = ("evidence", "export", "BAG-1", "--to", str(out), "--reason", "Order 4711")
    assert answer(*export) == [{"file": str(out / "BAG-1.tar.age")}]
    assert typed(*export).exit_code == 2
    check = ("evidence", "check", str(out / "BAG-1.tar.age"))
    assert typed(*check).exit_code == 5
    found = answer(*check, "--identity", str(keys), "--digest", bag["digest"])
    assert (found["faults"], found["digest"], found["files"]) == ([], bag["digest"], 1)
    assert typed(*check, "--identity", str(keys), "--digest", "sha256:00").exit_code == 6
    plain = out / "bag.tar"
    decrypt = ("evidence", "decrypt", str(out / "BAG-1.tar.age"), "--identity", str(keys), "--to", str(plain))
    assert typed(*decrypt).exit_code == 0
    assert answer("evidence", "check", str(plain))["digest"] == bag["digest"]


def test_without_recipients_it_is_said_that_a_bag_is_in_the_clear(firing, typed) -> None:
    assert "not encrypted" in typed("evidence", "bag", "INC-1").stderr


def test_a_changed_bag_ends_with_6(firing, tmp_path, answer, typed) -> None:
    answer("evidence", "bag", "INC-1")
    out = _out(tmp_path)
    answer("evidence", "export", "BAG-1", "--to", str(out), "--reason", "Order 4711")
    archive = out / "BAG-1.tar"
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b'"labels"', b'"Labels"'))
    assert typed("evidence", "check", str(archive)).exit_code == 6
    archive.write_bytes(b"junk")
    assert typed("evidence", "check", str(archive)).exit_code == 6


def test_one_exhibit_is_exported_and_custody_says_to_whom(firing, tmp_path, answer) -> None:
    out = _out(tmp_path)
    words = ("evidence", "export", "EX-1", "--to", str(out), "--reason", "Order 4711")
    (written,) = answer(*words, "--released-to", "Police Berlin")
    assert Path(written["file"]).stat().st_size > 0
    last = answer("evidence", "show", "EX-1")["custody"][-1]
    assert (last["act"], last["reason"]) == ("released", "To Police Berlin: Order 4711")


def test_where_a_file_is_there_already_nothing_is_handed_out_or_recorded(
    firing, tmp_path, answer, typed
) -> None:
    out = _out(tmp_path)
    words = ("evidence", "export", "EX-1", "--to", str(out), "--reason", "Order 4711")
    (written,) = answer(*words)
    before = answer("evidence", "show", "EX-1")["custody"]
    assert typed(*words).exit_code == 2
    assert answer("evidence", "show", "EX-1")["custody"] == before
    Path(written["file"]).unlink()
    assert typed(*words[:-1], " ").exit_code != 0
    assert list(out.iterdir()) == []


def test_a_copy_that_fails_on_its_way_is_said_in_custody_and_leaves_no_file(
    firing, tmp_path, answer, typed, monkeypatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    answer("evidence", "bag", "INC-1")
    out = _out(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("tocsin.cli.evidence_bags.shutil.copyfileobj", full)
        for named in ("EX-1", "BAG-1"):
            failed = typed("evidence", "export", named, "--to", str(out), "--reason", "Order 4711")
            assert (failed.exit_code, "No space left" in failed.stderr) == (1, True)
    custody = [(line["act"], line["reason"]) for line in answer("evidence", "show", "EX-1")["custody"]]
    assert [each for each in custody if each[0] == "exported"] == [
        ("exported", "Order 4711"),
        ("exported", "This copy was not written: No space left on device."),
    ] * 2
    assert list(out.iterdir()) == []
    assert typed("evidence", "verify").exit_code == 0


def test_a_bag_that_is_not_there_ends_with_3(firing, tmp_path, typed) -> None:
    words = ("evidence", "export", "BAG-7", "--to", str(_out(tmp_path)), "--reason", "x")
    assert typed(*words).exit_code == 3
