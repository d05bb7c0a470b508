from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from nouns import NOON
from tocsin.app.cosigning import policy_of
from tocsin.app.log_keys import held_keys
from tocsin.app.settings import load_settings
from tocsin.app.wiring import build_app
from tocsin.audit.note import parse_vkey
from tocsin.domain.clock import PushedClock
from tocsin.domain.timeline import Happening
from tocsin.flow.record import note
from tocsin.worker.seals import seals_of


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


def test_a_home_whose_key_is_held_elsewhere_seals_and_verifies(tmp_path: Path, memory_store) -> None:
    key = Ed25519PrivateKey.generate()
    held, public = tmp_path / "held.pem", tmp_path / "public.pem"
    held.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    named = {"TOCSIN_LOG_KEY_URI": f"file2:{held}", "TOCSIN_LOG_KEY_PUBLIC": str(public)}
    settings = load_settings(named, tmp_path / "home")
    app = build_app(settings, clock=PushedClock(NOON), store=memory_store)
    with app.store.transaction() as shelves:
        note(shelves, Happening.NOTE, at=NOON)
    seals_of(app).round()
    assert app.proving.verify().sound
    assert app.logs.last_signed(1).size == 1
    assert parse_vkey(app.signer.verifier_key).public_key == key.public_key().public_bytes_raw()
    again = build_app(settings, clock=PushedClock(NOON), store=memory_store)
    assert again.signer.verifier_key == app.signer.verifier_key
    assert len(policy_of(again).logs) == 4, "two keys each of this log and of its successor"
