from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.app.log_keys import held_keys
from tocsin.app.settings import load_settings


def test_without_the_setting_every_log_has_a_key_in_a_file(tmp_path: Path) -> None:
    held = held_keys(load_settings({}, tmp_path))
    assert (held(1), held(2)) == (None, None)


def test_a_log_beyond_the_keys_that_are_named_has_one_in_a_file(tmp_path: Path) -> None:
    public = Ed25519PrivateKey.generate().public_key()
    path = tmp_path / "log.pem"
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    named = {"TOCSIN_LOG_KEY_URI": "hv:log/1", "TOCSIN_LOG_KEY_PUBLIC": str(path)}
    held = held_keys(load_settings(named, tmp_path))
    assert held(1).public_key == public.public_bytes_raw()
    assert held(2) is None
