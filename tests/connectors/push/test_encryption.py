"""Only the browser can read a message: proven by the RFC's own example and by an implementation apart."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fake_browser import decrypted, raw
from fake_browser import text as text64

from tocsin.connectors.push.encryption import LONGEST_TEXT_BYTES, encrypted

# RFC 8291 appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
RESULT = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
    "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(raw(text), "big"), ec.SECP256R1())


def test_the_rfcs_example_comes_out_byte_for_byte() -> None:
    made = encrypted(PLAIN, raw(POINT), raw(SECRET), ours=key_of(OURS), salt=raw(SALT))
    assert text64(made) == RESULT


def test_the_browser_reads_the_rfcs_example() -> None:
    assert decrypted(raw(RESULT), key_of(BROWSER), raw(SECRET)) == PLAIN


@pytest.mark.parametrize("size", [0, 1, 100, LONGEST_TEXT_BYTES])
def test_what_is_encrypted_is_read_again_and_never_looks_the_same(size: int) -> None:
    first, second = (encrypted(b"x" * size, raw(POINT), raw(SECRET)) for _ in range(2))
    assert first != second
    assert len(first) <= 4096
    assert decrypted(first, key_of(BROWSER), raw(SECRET)) == b"x" * size


@pytest.mark.parametrize(
    ("text", "point", "secret"),
    [
        (b"x" * (LONGEST_TEXT_BYTES + 1), raw(POINT), raw(SECRET)),
        (b"x", raw(POINT), b"short"),
        (b"x", b"\4" + bytes(64), raw(SECRET)),
        (b"x", b"", raw(SECRET)),
    ],
    ids=["too long", "a short secret", "no point of the curve", "no point at all"],
)
def test_what_cannot_be_encrypted_is_refused(text: bytes, point: bytes, secret: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        encrypted(text, point, secret)
