"""A statement is believed only as it was signed, by a key that is trusted for it."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from builds import EVES, OURS, digest_of, pem_of, results, signed, statement, trusted
from tocsin.domain.errors import Misconfigured
from tocsin.response.provenance import TEST_RESULT
from tocsin.response.statements import (
    MAX_BYTES,
    StatementRefused,
    TrustedKey,
    opened,
    statement_of,
    trusted_key,
)

DIGEST = digest_of(b"artifact")


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_what_our_key_signed_comes_back_with_its_signer():
    found = opened(signed(results(DIGEST)), [trusted(EVES), trusted()])
    assert (found.kind, found.subjects) == (TEST_RESULT, {DIGEST})
    assert found.signer == trusted().name
    assert found.signer.startswith("key:")


def test_a_p256_key_counts_too():
    key = ec.generate_private_key(ec.SECP256R1())
    trust = trusted_key(public_pem(key))
    assert trust.holds(b"text", key.sign(b"text", ec.ECDSA(SHA256())))
    assert not trust.holds(b"other", key.sign(b"text", ec.ECDSA(SHA256())))


def changed(envelope, **parts):
    return json.dumps({**json.loads(envelope), **parts}).encode()


@pytest.mark.parametrize(
    ("envelope", "why"),
    [
        (signed(results(DIGEST), EVES), "no key that is trusted"),
        (changed(signed(results(DIGEST)), payload="e30="), "no key that is trusted"),
        (changed(signed(results(DIGEST)), payload="?"), "not base64"),
        (changed(signed(results(DIGEST)), payload="\u00e9"), "not base64"),
        (changed(signed(results(DIGEST)), signatures=[]), "no key that is trusted"),
        (signed(results(DIGEST), kind="text/plain"), "not an in-toto statement"),
        (signed(statement(TEST_RESULT, DIGEST, {}, _type="mine")), "unknown type"),
        (signed(statement(TEST_RESULT, "short", {})), "by SHA-256"),
        (signed(statement(TEST_RESULT, DIGEST, {}, subject=[])), "by SHA-256"),
        (b"{", "cannot be read"),
        (b" " * (MAX_BYTES + 1), "longer than"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_is_not_as_it_was_signed_is_refused(envelope, why):
    with pytest.raises(StatementRefused, match=why) as refused:
        opened(envelope, [trusted()])
    assert why in refused.value.why


def test_a_verified_payload_is_read_for_its_signer():
    assert statement_of(json.dumps(results(DIGEST)).encode(), "workflow:x").signer == "workflow:x"


def test_a_trusted_key_is_read_from_pem_and_no_other_kind_is_taken():
    assert trusted_key(pem_of(OURS)) == TrustedKey(OURS.public_key())
    others = [
        b"none",
        public_pem(ec.generate_private_key(ec.SECP384R1())),
        public_pem(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    ]
    for pem in others:
        with pytest.raises(Misconfigured):
            trusted_key(pem)
