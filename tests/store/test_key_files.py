from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.store.key_files import KeyElsewhere, KeyInFile, explained


class Held:
    """A key that somebody holds."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public_key = self.key.public_key().public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        return self.key.sign(content)


def test_a_new_file_holds_a_new_key_that_signs(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.touch(0o600)
    path.write_bytes(KeyInFile(path).first_content())
    key = KeyInFile(path).opened()
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(key.sign(b"head"), b"head")


def test_a_file_of_a_key_held_elsewhere_knows_that_key_only(tmp_path: Path) -> None:
    path, held = tmp_path / "log.key", Held()
    path.write_bytes(KeyElsewhere(path, held).first_content())
    assert KeyElsewhere(path, held).opened() is held
    with pytest.raises(Misconfigured, match="begun with another key"):
        KeyElsewhere(path, Held()).opened()


def test_a_disk_that_refuses_means_that_entries_wait() -> None:
    with pytest.raises(Overloaded, match="No such file") as refused, explained():
        Path("/nowhere/log.key").read_bytes()
    assert "wait" in refused.value.means
