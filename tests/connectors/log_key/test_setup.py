from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.connectors.log_key.setup import build
from tocsin.domain.errors import Misconfigured


def _public(path: Path, key=None) -> str:
    public = (key or Ed25519PrivateKey.generate()).public_key()
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return str(path)


def _values(uri: str, public: str) -> dict[str, str]:
    place = {"TOCSIN_AWS_REGION": "eu-central-1", "TOCSIN_AWS_URL": ""}
    return {"TOCSIN_LOG_KEY_URI": uri, "TOCSIN_LOG_KEY_PUBLIC": public, **place}


def test_each_log_has_a_key_in_the_order_they_are_named(tmp_path: Path) -> None:
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    files = ", ".join(_public(tmp_path / f"{number}.pem", key) for number, key in enumerate(keys))
    built = build(_values("hv:log/1, file2:/nowhere", files))
    assert [each.public_key for each in built] == [key.public_key().public_bytes_raw() for key in keys]


def test_what_cannot_be_the_logs_key_is_refused_at_the_start(tmp_path: Path) -> None:
    good = _public(tmp_path / "good.pem")
    other = _public(tmp_path / "other.pem", generate_private_key(SECP256R1()))
    (tmp_path / "bad.pem").write_text("-----BEGIN")
    refusals = {
        ("hv:log/1", ""): "names 1 keys and TOCSIN_LOG_KEY_PUBLIC 0",
        ("", good): "names 0 keys",
        ("hv:log/1", str(tmp_path / "none.pem")): "cannot be read",
        ("hv:log/1", str(tmp_path / "bad.pem")): "no Ed25519 public key",
        ("hv:log/1", other): "no Ed25519 public key",
        ("hv:log/1,hv:log/2", f"{good},{good}"): "one key twice",
    }
    for (uri, public), words in refusals.items():
        with pytest.raises(Misconfigured, match=words):
            build(_values(uri, public))
