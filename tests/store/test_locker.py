from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.domain.errors import NotFound, Overloaded
from tocsin.domain.ports.keeping import EvidenceLocker
from tocsin.store.locker import CHUNK_BYTES, DiskLocker, LockerDamaged

CONTENT = b"2026-01-01T00:00:00Z ConsoleLogin ada\n"
DIGEST = sha256(CONTENT).hexdigest()


def files_under(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "locker"


@pytest.fixture
def locker(root: Path) -> EvidenceLocker:
    return DiskLocker(root)


def place_of(root: Path, digest: str) -> Path:
    return root / "sha256" / digest[:2] / digest[2:4] / digest


def test_evidence_lies_under_its_digest_and_cannot_be_written(root: Path, locker: EvidenceLocker) -> None:
    assert locker.keep(BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
    (kept,) = files_under(root)
    assert kept == place_of(root, DIGEST)
    assert kept.read_bytes() == CONTENT
    assert kept.stat().st_mode & 0o777 == 0o444
    assert root.stat().st_mode & 0o077 == 0
    with locker.open(DIGEST) as stored:
        assert stored.read() == CONTENT


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 7]),
    st.binary(min_size=1, max_size=9),
)
def test_any_length_comes_back_as_it_was(locker: EvidenceLocker, length: int, pattern: bytes) -> None:
    content = (pattern * (length // len(pattern) + 1))[:length]
    digest, size = locker.keep(BytesIO(content))
    assert (digest, size) == (sha256(content).hexdigest(), length)
    assert locker.digest_of(digest) == digest
    with locker.open(digest) as stored:
        assert stored.read() == content


def test_the_same_content_twice_is_one_file(root: Path, locker: EvidenceLocker) -> None:
    locker.keep(BytesIO(CONTENT))
    first = place_of(root, DIGEST).stat()
    assert locker.keep(BytesIO(CONTENT)) == (DIGEST, len(CONTENT))
    (kept,) = files_under(root)
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_the_same_content_from_many_at_once_is_one_file(root: Path, locker: EvidenceLocker) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: locker.keep(BytesIO(CONTENT * 5000)), range(24)))
    assert answers == {(sha256(CONTENT * 5000).hexdigest(), len(CONTENT) * 5000)}
    assert len(files_under(root)) == 1


def test_changed_bytes_show_their_own_digest(root: Path, locker: EvidenceLocker) -> None:
    locker.keep(BytesIO(CONTENT))
    changed = place_of(root, DIGEST)
    changed.chmod(0o644)
    changed.write_bytes(CONTENT[:-1])
    assert locker.digest_of(DIGEST) == sha256(CONTENT[:-1]).hexdigest()


def test_changed_bytes_are_not_repaired_by_keeping_the_content_again(
    root: Path, locker: EvidenceLocker
) -> None:
    locker.keep(BytesIO(CONTENT))
    changed = place_of(root, DIGEST)
    changed.chmod(0o644)
    changed.write_bytes(b"changed")
    with pytest.raises(LockerDamaged, match=DIGEST):
        locker.keep(BytesIO(CONTENT))
    assert [path.read_bytes() for path in files_under(root)] == [b"changed"]


def test_bytes_that_are_gone_have_no_digest(root: Path, locker: EvidenceLocker) -> None:
    locker.keep(BytesIO(CONTENT))
    place_of(root, DIGEST).unlink()
    assert locker.digest_of(DIGEST) is None
    with pytest.raises(NotFound):
        locker.open(DIGEST)


@pytest.mark.parametrize(
    "digest",
    ["", "../../../etc/passwd", "/etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n", "..\0"],
)
def test_what_is_no_digest_names_nothing(locker: EvidenceLocker, digest: str) -> None:
    locker.keep(BytesIO(CONTENT))
    with pytest.raises(NotFound, match="no evidence under this digest"):
        locker.open(digest)
    assert locker.digest_of(digest) is None


FULL_DISK = """
import resource, sys
from io import BytesIO
from pathlib import Path
from tocsin.domain.errors import Overloaded
from tocsin.store.locker import DiskLocker

resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
locker = DiskLocker(Path(sys.argv[1]))
locker.keep(BytesIO(b"fits"))
try:
    locker.keep(BytesIO(b"x" * 3_000_000))
except Overloaded as error:
    sys.stdout.write(error.explain())
    sys.exit(7)
"""


def test_a_full_disk_is_explained_and_leaves_no_part_of_a_file(root: Path) -> None:
    """The kernel's limit on a file's size stands for the full disk: the write really fails half-way."""
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(root)], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 7, run.stderr
    assert "cannot write to the evidence locker: File too large." in run.stdout
    assert "Free space on the locker's disk" in run.stdout
    assert [path.read_bytes() for path in files_under(root)] == [b"fits"]


@pytest.mark.parametrize("blocked", [".", "incoming", "sha256"])
def test_a_folder_that_cannot_be_made_is_explained(root: Path, locker: EvidenceLocker, blocked: str) -> None:
    (root / blocked).parent.mkdir(exist_ok=True)
    (root / blocked).write_bytes(b"a file in its place")
    with pytest.raises(Overloaded, match="cannot write to the evidence locker") as refused:
        locker.keep(BytesIO(CONTENT))
    assert "No evidence was kept" in refused.value.means
    assert [path.read_bytes() for path in files_under(root.parent)] == [b"a file in its place"]


def test_a_folder_in_the_place_of_the_bytes_is_explained(root: Path, locker: EvidenceLocker) -> None:
    place_of(root, DIGEST).mkdir(parents=True)
    with pytest.raises(Overloaded, match="cannot read the evidence locker: Is a directory"):
        locker.digest_of(DIGEST)


class BrokenStream(BytesIO):
    """A source that fails in the middle."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ConnectionResetError("the source hung up")
        return super().read(4)


def test_a_source_that_fails_is_not_called_a_full_disk_and_leaves_nothing(
    root: Path, locker: EvidenceLocker
) -> None:
    with pytest.raises(ConnectionResetError, match="hung up"):
        locker.keep(BrokenStream(CONTENT))
    assert files_under(root) == []


def test_what_is_destroyed_is_gone_once(root: Path) -> None:
    locker = DiskLocker(root)
    digest, _ = locker.keep(BytesIO(CONTENT))
    assert [locker.destroy(digest), locker.destroy(digest), locker.destroy("../x")] == [True, False, False]
    assert locker.digest_of(digest) is None


def test_the_locker_tells_what_it_let_be_done(root: Path) -> None:
    assert DiskLocker(root).tried().let == ("overwrite", "delete")
    assert not DiskLocker(root).tried().refuses_all
    assert files_under(root) == []


def test_a_locker_that_refuses_to_delete_and_overwrite_says_so(root: Path, monkeypatch) -> None:
    def refused(self, *given):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refused)
    monkeypatch.setattr(Path, "chmod", refused)
    assert DiskLocker(root).tried().refuses_all
    assert DiskLocker(root).tried().refuses_all
