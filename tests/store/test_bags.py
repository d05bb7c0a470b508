from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from tocsin.store import bags
from tocsin.store.bags import BagRefused, BagStream, Payload, checked, unpacked

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def payload(name: str, content: bytes) -> Payload:
    return Payload(f"data/{name}", len(content), sha256(content).hexdigest(), lambda: io.BytesIO(content))


def tags(*files: Payload) -> dict[str, bytes]:
    made = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Payload-Oxum: {sum(f.size for f in files)}.{len(files)}\n".encode()
        + b"External-Identifier: INC-1\n",
        "manifest-sha256.txt": "".join(f"{f.digest}  {f.path}\n" for f in files).encode(),
    }
    lines = "".join(f"{sha256(content).hexdigest()}  {path}\n" for path, content in made.items())
    return {**made, "tagmanifest-sha256.txt": lines.encode(), "custody.jsonl": b"{}\n"}


ONE, TWO = payload("one.txt", b"one"), payload(f"{'long ' * 40}ä.txt", b"2" * 3_000_000)


def archive(*files: Payload, given: dict[str, bytes] | None = None) -> io.BytesIO:
    stream = BagStream("BAG-1-INC-1", given or tags(*files), files, NOON)
    out = io.BytesIO()
    while piece := stream.read(70_000):
        out.write(piece)
    out.seek(0)
    return out


def test_a_bag_is_valid_with_custody_and_proofs_outside_its_manifests() -> None:
    with unpacked(archive(ONE, TWO)) as folder:
        found = checked(folder)
    assert found.faults == ()
    assert (found.files, found.size) == (2, 3_000_003)
    assert found.tags["External-Identifier"] == "INC-1"
    assert found.digest == sha256(tags(ONE, TWO)["tagmanifest-sha256.txt"]).hexdigest()


def test_the_same_bag_is_the_same_bytes() -> None:
    assert archive(ONE, TWO).getvalue() == archive(ONE, TWO).getvalue()


def test_other_tools_can_unpack_it() -> None:
    with tarfile.open(fileobj=archive(ONE, TWO)) as tar:
        assert [entry.name for entry in tar][-1] == f"BAG-1-INC-1/{TWO.path}"


@pytest.mark.parametrize("content", [b"eve", b"on", b"one and more"])
def test_what_is_no_longer_as_kept_is_not_packed(content: bytes) -> None:
    changed = Payload(ONE.path, ONE.size, ONE.digest, lambda: io.BytesIO(content))
    with pytest.raises(BagRefused, match="no longer what was kept"):
        archive(changed, given=tags(ONE))


@pytest.mark.parametrize("path", ["data/one.txt", "bag-info.txt", "manifest-sha256.txt"])
def test_a_byte_that_was_changed_is_a_fault(path: str) -> None:
    with unpacked(archive(ONE)) as folder:
        (folder / path).chmod(0o644)
        (folder / path).write_bytes((folder / path).read_bytes().replace(b"1", b"2") + b" ")
        assert checked(folder).faults


def test_a_folder_that_is_no_bag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BagRefused, match="no bag"):
        checked(tmp_path)


def test_a_bag_can_be_unpacked_to_stay(tmp_path: Path) -> None:
    with unpacked(archive(ONE), tmp_path) as folder:
        pass
    assert (folder / "data" / "one.txt").read_bytes() == b"one"


def tar_of(*entries: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for entry, content in entries:
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    out.seek(0)
    return out


def linked(name: str, to: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, to
    return entry


@pytest.mark.parametrize(
    "hostile",
    [
        tar_of((tarfile.TarInfo("../out"), b"x")),
        tar_of((tarfile.TarInfo("/etc/out"), b"x")),
        tar_of((tarfile.TarInfo("bag/../../out"), b"x")),
        tar_of((linked("bag/data", "/etc"), b"")),
        tar_of((tarfile.TarInfo("flat"), b"x")),
        tar_of((tarfile.TarInfo("one/a"), b"x"), (tarfile.TarInfo("two/a"), b"x")),
        tar_of((tarfile.TarInfo("one/a"), b"x"), (tarfile.TarInfo("one/a"), b"y")),
        tar_of(),
        io.BytesIO(b"no archive"),
    ],
)
def test_nothing_of_a_hostile_archive_gets_out_of_its_folder(tmp_path: Path, hostile: io.BytesIO) -> None:
    with pytest.raises(BagRefused), unpacked(hostile, tmp_path / "in"):
        pass
    assert not [path for path in tmp_path.rglob("out")]


@pytest.mark.parametrize(("limit", "value"), [("MOST_FILES", 3), ("MOST_BYTES", 10)])
def test_an_archive_that_is_too_large_is_not_unpacked(monkeypatch, limit: str, value: int) -> None:
    monkeypatch.setattr(bags, limit, value)
    with pytest.raises(BagRefused, match="larger than any bag"), unpacked(archive(ONE)):
        pass
