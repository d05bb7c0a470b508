from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tocsin.audit.checkpoint import CheckpointRefused, Head, body, opened, signed
from tocsin.audit.cosignature import cosigner_key
from tocsin.audit.growth import LogForked, LogShrank
from tocsin.audit.merkle import EMPTY_ROOT, leaf_hash
from tocsin.audit.note import parse_vkey
from tocsin.connectors.log_key.held import make
from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.domain.ports.keeping import CheckpointSigner
from tocsin.store.signer import FileSigner

ORIGIN = "tocsin.example/audit"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def root_at(size: int) -> bytes:
    return leaf_hash(b"%d" % size)


def text_at(size: int, root: bytes | None = None) -> bytes:
    return body(Head(ORIGIN, size, root or root_at(size))).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "log.pem"


Make = Callable[[], FileSigner]


@pytest.fixture(params=["in a file", "held elsewhere"])
def anew(request: pytest.FixtureRequest, path: Path, tmp_path: Path) -> Make:
    """Return what makes another signer of the same key and memory, as after a restart."""
    if request.param == "in a file":
        return lambda: FileSigner(path, ORIGIN)
    key, held = Ed25519PrivateKey.generate(), tmp_path / "held.pem"
    held.write_bytes(pem(key))
    return lambda: FileSigner(path, ORIGIN, held=make(f"file2:{held}", key.public_key(), "", ""))


@pytest.fixture
def signer(anew: Make) -> FileSigner:
    return anew()


@pytest.fixture
def in_file(path: Path) -> FileSigner:
    return FileSigner(path, ORIGIN)


def test_a_signed_checkpoint_opens_with_its_vkey(signer: CheckpointSigner) -> None:
    checkpoint = signed(5, root_at(5), signer, NOW)
    assert opened(checkpoint.note, parse_vkey(signer.verifier_key)) == Head(ORIGIN, 5, root_at(5))


def test_nothing_is_written_before_the_first_use(anew: Make, path: Path) -> None:
    anew()
    assert not path.parent.exists()


def test_the_key_is_made_once_for_its_owner_only(anew: Make, path: Path, signer: FileSigner) -> None:
    vkey = signer.verifier_key
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert anew().verifier_key == signer.verifier_key == vkey
    assert sorted(each.name for each in path.parent.iterdir()) == ["log.pem", "log.pem.last"]


def test_many_first_users_at_once_get_one_key(anew: Make, path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: anew().verifier_key, range(16)))
    assert len(keys) == 1
    assert sorted(each.name for each in path.parent.iterdir()) == ["log.pem", "log.pem.last"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_open_to_others_is_refused_with_the_command_that_mends_it(
    path: Path, in_file: FileSigner, mode: int
) -> None:
    secret = in_file.verifier_key and path.read_text(encoding="ascii").splitlines()[1]
    path.chmod(mode)
    with pytest.raises(Misconfigured) as refused:
        FileSigner(path, ORIGIN).sign(text_at(1))
    assert f"chmod 600 {path}" in refused.value.next_step
    assert secret not in refused.value.explain()


def test_a_key_that_even_its_owner_cannot_write_is_fine(anew: Make, path: Path, signer: FileSigner) -> None:
    vkey = signer.verifier_key
    path.chmod(0o400)
    assert anew().verifier_key == vkey


def test_the_log_may_stay_or_grow(signer: FileSigner) -> None:
    assert signer.last_signed == Head(ORIGIN, 0, EMPTY_ROOT)
    for size in (0, 1, 1, 5):
        signer.sign(text_at(size, root_at(size) if size else EMPTY_ROOT))
    assert signer.last_signed == Head(ORIGIN, 5, root_at(5))


def test_a_log_that_shrank_is_refused_also_after_a_restart(anew: Make, signer: FileSigner) -> None:
    signer.sign(text_at(5))
    for each in (signer, anew()):
        with pytest.raises(LogShrank, match="has 4 entries, but 5 were signed"):
            each.sign(text_at(4))
    assert signer.last_signed.size == 5


def test_another_root_at_the_same_size_is_refused(signer: FileSigner) -> None:
    signer.sign(text_at(5))
    with pytest.raises(LogForked):
        signer.sign(text_at(5, root_at(6)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"any text\n", id="any text"),
        pytest.param(text_at(1).replace(b"audit", b"audit/2"), id="another log"),
        pytest.param(text_at(1) + b"extension\n", id="an extension line"),
        pytest.param(text_at(1).replace(b"audit", b"aud\xff"), id="no UTF-8"),
    ],
)
def test_the_key_signs_nothing_but_checkpoints_of_its_log(signer: FileSigner, text: bytes) -> None:
    with pytest.raises(CheckpointRefused):
        signer.sign(text)


@pytest.mark.parametrize(
    ("memory", "how"),
    [
        pytest.param(None, "is missing", id="missing"),
        pytest.param(b"", "is damaged", id="empty"),
        pytest.param(b"\xff\n1\n", "is damaged", id="garbage"),
        pytest.param(text_at(5).replace(b"audit", b"other"), "is of another log", id="another log's"),
    ],
)
def test_a_signer_that_lost_its_memory_signs_nothing(
    path: Path, signer: FileSigner, memory: bytes | None, how: str
) -> None:
    signer.sign(text_at(5))
    kept = path.with_name("log.pem.last")
    if memory is None:
        kept.unlink()
    else:
        kept.write_bytes(memory)
    for use in (lambda: signer.sign(text_at(4)), lambda: signer.last_signed):
        with pytest.raises(Misconfigured, match=how) as refused:
            use()
    assert str(kept) in refused.value.next_step
    kept.write_bytes(text_at(5))
    assert signer.sign(text_at(6))


def test_a_lost_key_is_not_replaced_by_a_new_one(anew: Make, path: Path, signer: FileSigner) -> None:
    signer.sign(text_at(5))
    path.unlink()
    with pytest.raises(Misconfigured, match="is gone, although it has signed before"):
        anew().sign(text_at(6))
    assert not path.exists()


def pem(key: object, encryption: object = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="an empty file"),
        pytest.param(b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", id="garbage"),
        pytest.param(pem(generate_private_key(SECP256R1())), id="another kind of key"),
        pytest.param(
            pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")), id="an encrypted key"
        ),
    ],
)
def test_what_is_no_key_is_refused(path: Path, in_file: FileSigner, content: bytes) -> None:
    assert in_file.verifier_key
    path.write_bytes(content)
    with pytest.raises(Misconfigured, match="is not an Ed25519 private key"):
        FileSigner(path, ORIGIN).sign(text_at(1))


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb"])
def test_an_origin_that_no_note_can_bear_is_refused(path: Path, origin: str) -> None:
    with pytest.raises(Misconfigured, match="origin"):
        FileSigner(path, origin)


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"a file in its place")
    with pytest.raises(Overloaded, match="cannot be used") as refused:
        FileSigner(tmp_path / "keys" / "log.pem", ORIGIN).sign(text_at(1))
    assert "its entries are kept and wait" in refused.value.means


FULL_DISK = """
import resource, sys
from pathlib import Path
from tocsin.domain.errors import Overloaded
from tocsin.store.signer import FileSigner

signer = FileSigner(Path(sys.argv[1]), "tocsin.example/audit")
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
try:
    signer.sign(sys.argv[2].encode())
except Overloaded as error:
    sys.stdout.write(error.explain())
    sys.exit(7)
"""


@pytest.mark.parametrize("key_exists", [True, False])
def test_a_full_disk_gives_no_signature_and_leaves_the_memory_as_it_was(
    path: Path, in_file: FileSigner, key_exists: bool
) -> None:
    if key_exists:
        in_file.sign(text_at(5))
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()} if key_exists else {}
    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), text_at(6).decode()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 7, run.stderr
    assert "File too large" in run.stdout
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


def test_what_two_signers_of_one_key_sign_never_shrinks(anew: Make) -> None:
    signers = [anew() for _ in range(4)]

    def sign(size: int) -> int:
        try:
            signers[size % 4].sign(text_at(size))
        except LogShrank:
            return 0
        return size

    with ThreadPoolExecutor(8) as pool:
        accepted = list(pool.map(sign, [1 + n % 40 + n // 40 for n in range(200)]))
    assert signers[0].last_signed == Head(ORIGIN, max(accepted), root_at(max(accepted)))


def test_hashes_that_were_never_signed_are_kept_anew(signer: FileSigner) -> None:
    assert list(signer.hashes()) == []
    every = [bytes([number]) * 32 for number in range(5)]
    signer.make_key()
    signer.remember_hashes(lambda start: every[start:3])
    signer.sign(text_at(2))
    signer.remember_hashes(lambda start: every[4:] if start == 2 else [])
    assert list(signer.hashes()) == [every[0], every[1], every[4]]


def test_a_checkpoint_bears_the_lines_of_both_keys(signer: FileSigner) -> None:
    checkpoint = signed(5, root_at(5), signer, NOW)
    first, second = parse_vkey(signer.verifier_key), cosigner_key(signer.second_key)
    for keys in ((first,), (second,), (first, second)):
        assert opened(checkpoint.note, *keys).size == 5


def test_an_existing_home_gets_its_second_key_once(anew: Make, path: Path, signer: FileSigner) -> None:
    vkey = signer.verifier_key
    signer.sign(text_at(5))
    second = anew().second_key
    assert anew().second_key == signer.second_key == second
    assert anew().verifier_key == vkey
    assert path.with_name("log.pem.ml-dsa-44").stat().st_mode & 0o777 == 0o600


def test_many_first_users_at_once_get_one_second_key(anew: Make) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: anew().second_key, range(16)))) == 1


def test_the_second_key_has_the_signers_memory_too(signer: FileSigner) -> None:
    signer.sign_second(text_at(5), NOW)
    assert signer.last_signed.size == 5
    with pytest.raises(LogShrank):
        signer.sign_second(text_at(4), NOW)
    with pytest.raises(LogForked):
        signer.sign(text_at(5, root_at(6)))
    with pytest.raises(CheckpointRefused):
        signer.sign_second(b"any text", NOW)


def test_a_lost_or_exchanged_second_key_is_named(anew: Make, path: Path, signer: FileSigner) -> None:
    signer.make_key()
    second = path.with_name("log.pem.ml-dsa-44")
    kept = second.read_bytes()
    second.unlink()
    with pytest.raises(Misconfigured, match="is gone, although its vkey"):
        anew().sign_second(text_at(6), NOW)
    assert not second.exists()
    second.write_bytes(pem(MLDSA44PrivateKey.generate()))
    second.chmod(0o600)
    with pytest.raises(Misconfigured, match="is not the key whose vkey"):
        anew().sign_second(text_at(6), NOW)
    second.write_bytes(pem(Ed25519PrivateKey.generate()))
    with pytest.raises(Misconfigured, match="is not an ML-DSA-44 private key"):
        anew().sign_second(text_at(6), NOW)
    second.write_bytes(kept)
    assert anew().second_key == signer.second_key
    second.chmod(0o644)
    with pytest.raises(Misconfigured, match="Other users"):
        anew().sign_second(text_at(6), NOW)


class Held:
    """Who holds the key: silent, until it `answers`."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public_key = self.key.public_key().public_bytes_raw()
        self.asked: list[bytes] = []
        self.answers = False

    def sign(self, content: bytes) -> bytes:
        self.asked.append(content)
        if not self.answers:
            raise Overloaded("Nobody answers.", means="It waits.", next_step="Look.")
        return self.key.sign(content)


def test_a_head_that_nobody_signed_is_not_remembered_as_signed(path: Path) -> None:
    held = Held()
    signer = FileSigner(path, ORIGIN, held=held)
    for use in (signer.sign, signer.sign_ahead):
        with pytest.raises(Overloaded):
            use(text_at(5))
    assert signer.last_signed.size == 0
    held.answers = True
    signer.sign(text_at(4))
    assert signer.last_signed.size == 4


def test_what_was_signed_ahead_is_handed_out_once_without_asking_again(path: Path) -> None:
    held = Held()
    held.answers = True
    signer = FileSigner(path, ORIGIN, held=held)
    signer.sign_ahead(text_at(5))
    assert (signer.last_signed.size, signer.asks_outside) == (0, True)
    assert signer.sign(text_at(5)) == held.key.sign(text_at(5))
    assert held.asked == [text_at(5)]
    signer.sign_ahead(text_at(6))
    signer.sign(text_at(7))
    assert held.asked[1:] == [text_at(6), text_at(7)], "a signature of another head is thrown away"
    with pytest.raises(LogShrank):
        signer.sign_ahead(text_at(6))


def test_the_home_holds_no_private_half_of_a_key_that_is_held_elsewhere(path: Path) -> None:
    held = Held()
    FileSigner(path, ORIGIN, held=held).make_key()
    assert b"BEGIN PUBLIC KEY" in path.read_bytes()
    assert held.asked == [], "nobody is asked before there is something to sign"


def test_a_log_goes_on_with_the_key_it_was_begun_with_and_no_other(path: Path) -> None:
    FileSigner(path, ORIGIN, held=Held()).make_key()
    with pytest.raises(Misconfigured, match="begun with another key"):
        FileSigner(path, ORIGIN, held=Held()).sign(text_at(1))
    with pytest.raises(Misconfigured, match="is not an Ed25519 private key"):
        FileSigner(path, ORIGIN).sign(text_at(1))


def test_a_log_that_was_begun_with_a_file_is_not_signed_by_another(path: Path) -> None:
    FileSigner(path, ORIGIN).make_key()
    with pytest.raises(Misconfigured, match="begun with another key"):
        FileSigner(path, ORIGIN, held=Held()).sign(text_at(1))
