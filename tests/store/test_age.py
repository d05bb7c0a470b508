from __future__ import annotations

import io

import pyrage
import pytest

from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.store.age import NotDecrypted, decrypt, encrypting, recipients_in

CASE, ESCROW, EVE = (pyrage.x25519.Identity.generate() for _ in range(3))
BOTH = (str(CASE.to_public()), str(ESCROW.to_public()))
SECRET = b"hunter2" * 300_000


def encrypted(content: bytes = SECRET) -> bytes:
    with encrypting(io.BytesIO(content), BOTH) as file:
        return file.read()


def opened(content: bytes, identities: str) -> bytes:
    out = io.BytesIO()
    decrypt(io.BytesIO(content), out, identities)
    return out.getvalue()


@pytest.mark.parametrize("identity", [CASE, ESCROW])
def test_either_recipient_alone_can_read_it(identity) -> None:
    sealed = encrypted()
    assert sealed.startswith(b"age-encryption.org/v1\n")
    assert opened(sealed, f"# created: today\n\n{identity}\n") == SECRET


@pytest.mark.parametrize(
    ("identities", "why"),
    [
        (str(EVE), "No matching keys"),
        ("# nothing\n", "holds no key"),
        ("not a key", "no key that is understood"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "no key that is understood"),
    ],
    ids=["a stranger", "nothing", "no key", "an unfinished key"],
)
def test_others_cannot(identities: str, why: str) -> None:
    with pytest.raises(NotDecrypted, match=why):
        opened(encrypted(b"x"), identities)


def test_what_was_changed_or_cut_is_not_decrypted() -> None:
    sealed = encrypted(b"x" * 200)
    for broken in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), b"junk"):
        with pytest.raises(NotDecrypted):
            opened(broken, str(CASE))


def test_an_error_of_what_is_read_passes() -> None:
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise KeyError("gone")

    with pytest.raises(KeyError), encrypting(Broken(), BOTH):
        pass


class Full(io.BytesIO):
    """A disk that takes so many pieces."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self.left = pieces

    def write(self, piece):
        self.left -= 1
        if self.left < 0:
            raise OSError(28, "No space left on device")
        return super().write(piece)


@pytest.mark.parametrize("pieces", [0, 1])
@pytest.mark.parametrize("size", [1, 200_000])
def test_a_full_disk_asks_to_come_again_and_never_cuts_what_is_kept(monkeypatch, pieces, size) -> None:
    whole = [0]

    def full(**given):
        disk = Full(pieces)
        whole.append(disk)
        return disk

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", full)
    try:
        with encrypting(io.BytesIO(b"x" * size), BOTH) as file:
            assert opened(file.read(), str(CASE)) == b"x" * size
    except Overloaded:
        assert whole[-1].left < 0
    else:
        assert whole[-1].left >= 0


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_disk_that_is_full_while_decrypting_is_said(pieces) -> None:
    with pytest.raises(OSError, match="No space"):
        decrypt(io.BytesIO(encrypted(b"x" * 200_000)), Full(pieces), str(CASE))


def test_two_recipients_are_the_fewest_and_none_are_allowed() -> None:
    assert recipients_in(()) == ()
    assert recipients_in(BOTH) == BOTH
    ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN1ruVLnd0bMc3CNtOERsqKHGdFlOvuXIwVVCL2eQjVE"
    for wrong in (BOTH[:1], (BOTH[0], BOTH[0]), (BOTH[0], "age1nonsense"), (BOTH[0], ssh + "x")):
        with pytest.raises(Misconfigured, match="TOCSIN_EVIDENCE_RECIPIENTS"):
            recipients_in(wrong)
