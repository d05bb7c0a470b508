from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tocsin.connectors.log_key.held import HeldKey, make
from tocsin.domain.errors import Explained, Misconfigured, Overloaded

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key()


class Refusal(Exception):
    """A partner's refusal, as AWS words it."""

    response = {"Error": {"Code": "AccessDeniedException", "Message": "user eve may not"}}


def held(found: Callable[[], Callable[[bytes], bytes]], time_limit_s: float = 5.0) -> HeldKey:
    return HeldKey(PUBLIC, found, time_limit_s)


def test_a_key_in_a_file_signs_by_its_uri(tmp_path: Path) -> None:
    path = tmp_path / "held.pem"
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key = make(f"file2:{path}", PUBLIC, "", "")
    assert key.public_key == PUBLIC.public_bytes_raw()
    assert key.sign(b"head") == key.sign(b"head") == KEY.sign(b"head")


@pytest.mark.parametrize("uri", ["", "file2:", "pigeon:loft/1", "no uri"])
def test_a_uri_of_no_known_kind_is_refused_before_anything_starts(uri: str) -> None:
    with pytest.raises(Misconfigured, match="no kind of key"):
        make(uri, PUBLIC, "", "")


def test_a_key_in_aws_is_not_looked_for_before_it_signs() -> None:
    key = make("awskms:arn:aws:kms:eu-central-1:111122223333:key/one", PUBLIC, "", "http://127.0.0.1:9")
    assert key.public_key == PUBLIC.public_bytes_raw()
    with pytest.raises(Overloaded, match="did not sign"):
        key.sign(b"head")


def test_a_key_that_cannot_be_reached_now_signs_later() -> None:
    reachable = False

    def found() -> Callable[[bytes], bytes]:
        if not reachable:
            raise ConnectionError("https://vault.example/?token=hvs.secret")
        return KEY.sign

    key = held(found)
    with pytest.raises(Overloaded, match=r"did not sign \(ConnectionError\)") as refused:
        key.sign(b"head")
    assert "secret" not in refused.value.explain()
    assert "tried again by itself" in refused.value.next_step
    reachable = True
    assert key.sign(b"head") == KEY.sign(b"head")


def test_who_does_not_answer_in_time_is_asked_again_only_after_the_first_answer() -> None:
    answer, asked = threading.Event(), []

    def slow(content: bytes) -> bytes:
        asked.append(content)
        answer.wait(30)
        return KEY.sign(content)

    key = held(lambda: slow, time_limit_s=0.05)
    for head in (b"one", b"two"):
        with pytest.raises(Overloaded, match="did not answer within"):
            key.sign(head)
    assert asked == [b"one"]
    answer.set()
    key.time_limit_s = 5.0
    assert key.sign(b"three") == KEY.sign(b"three")
    assert asked == [b"one", b"three"]


def _refuses(content: bytes) -> bytes:
    raise Refusal("arn of the key")


@pytest.mark.parametrize(
    ("signs", "kind", "words"),
    [
        pytest.param(_refuses, Overloaded, r"did not sign \(AccessDeniedException\)", id="refused"),
        pytest.param(Ed25519PrivateKey.generate().sign, Misconfigured, "with another key", id="another key"),
        pytest.param(lambda content: b"", Misconfigured, "with another key", id="no signature"),
    ],
)
def test_what_is_no_signature_of_ours_is_never_handed_out(
    signs: Callable[[bytes], bytes], kind: type[Explained], words: str
) -> None:
    with pytest.raises(kind, match=words):
        held(lambda: signs).sign(b"head")


def test_a_library_that_is_missing_is_named() -> None:
    if find_spec("hvac") is not None:
        pytest.skip("hvac is installed here")
    with pytest.raises(Misconfigured, match="hvac"):
        make("hv:tocsin/1", PUBLIC, "", "").sign(b"head")
