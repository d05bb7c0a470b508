"""Certificates of SNS: from AWS's own hosts, valid, by SNS's name, in an unbroken chain, and cached."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from nouns import NOON
from tocsin.connectors.hook import Forged
from tocsin.connectors.sns import certificates as rooms
from tocsin.connectors.sns.certificates import MOST_KEPT, Certificates, demand_aws, verify_signature

URL = "https://sns.eu-west-1.amazonaws.com/cert.pem"


@pytest.fixture(scope="module")
def keys() -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    return tuple(rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


def _made(key, *, signer=None, name="sns.amazonaws.com", issuer=None, before=-1, after=30, alt=()) -> bytes:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(issuer or name))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON + timedelta(days=before))
        .not_valid_after(NOON + timedelta(days=after))
    )
    if alt:
        names = x509.SubjectAlternativeName([x509.DNSName(one) for one in alt])
        builder = builder.add_extension(names, critical=False)
    made = builder.sign(signer or key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


def _key(pem: bytes):
    return Certificates(lambda url: pem).key(URL, NOON)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"name": "sns.eu-west-1.amazonaws.com"},
        {"name": "other", "alt": ("sns.amazonaws.com",)},
        {"name": "sns.cn-north-1.amazonaws.com.cn"},
    ],
)
def test_a_certificate_of_sns_gives_its_key(keys, given) -> None:
    assert _key(_made(keys[0], **given)).public_numbers() == keys[0].public_key().public_numbers()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"after": 0}, None),
        ({"before": -9, "after": -1}, "not valid now"),
        ({"before": 1}, "not valid now"),
        ({"name": "evil.example"}, "not of Amazon SNS"),
        ({"name": "sns.amazonaws.com.evil.example"}, "not of Amazon SNS"),
        ({"name": "x", "alt": ("evil.example",)}, "not of Amazon SNS"),
    ],
)
def test_another_certificate_is_refused(keys, given, reason) -> None:
    if reason is None:
        _key(_made(keys[0], **given))
        return
    with pytest.raises(Forged, match=reason):
        _key(_made(keys[0], **given))


def test_what_is_no_certificate_or_holds_no_rsa_key_is_refused() -> None:
    with pytest.raises(Forged, match="certificate is none"):
        _key(b"<html>")
    with pytest.raises(Forged, match="no RSA key"):
        _key(_made(ec.generate_private_key(ec.SECP256R1())))


def test_a_chain_that_comes_along_must_hold(keys) -> None:
    leaf_key, root_key = keys
    root = _made(root_key, name="Amazon")
    good = _made(leaf_key, signer=root_key, issuer="Amazon") + root
    assert _key(good).public_numbers() == leaf_key.public_key().public_numbers()
    with pytest.raises(Forged, match="chain is broken"):
        _key(_made(leaf_key, signer=leaf_key, issuer="Amazon") + root)
    past = _made(leaf_key, signer=root_key, issuer="Amazon")
    past += _made(root_key, name="Amazon", before=-9, after=-1)
    with pytest.raises(Forged, match="not valid now"):
        _key(past)


@pytest.mark.parametrize(
    "url", ["https://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.cn-north-1.amazonaws.com.cn/a.pem"]
)
def test_amazons_own_addresses_are_asked(url: str) -> None:
    assert demand_aws(url, suffix=".pem") == url


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com/a.txt",
        "https://sns.eu-west-1.amazonaws.com./a.pem",
        "https://sns.eu_west.amazonaws.com/a.pem",
        "https://sns.a.b.amazonaws.com/a.pem",
        "https://[::1/a.pem",
        "https://sns.eu-west-1.amazonaws.com:x/a.pem",
        "ftp://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a\n.pem",
    ],
)
def test_no_other_address_is(url: str) -> None:
    with pytest.raises(Forged):
        demand_aws(url, suffix=".pem")


def test_a_certificate_is_kept_for_a_day(keys) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return _made(keys[0])

    kept = Certificates(fetch)
    for hours in (0, 23, 25):
        kept.key(URL, NOON + timedelta(hours=hours))
    assert len(asked) == 2
    for number in range(MOST_KEPT + 1):
        kept.key(f"https://sns.eu-west-1.amazonaws.com/{number}.pem", NOON)
    assert len(kept._kept) <= MOST_KEPT


@pytest.mark.parametrize(("version", "kind"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
def test_a_signature_is_checked_by_its_version(keys, version: str, kind) -> None:
    signature = keys[0].sign(b"text", padding.PKCS1v15(), kind)
    verify_signature(keys[0].public_key(), signature, b"text", version)
    for key, text, other in (
        (keys[1], b"text", version),
        (keys[0], b"next", version),
        (keys[0], b"text", "9"),
    ):
        with pytest.raises(Forged):
            verify_signature(key.public_key(), signature, text, other)


class TestFetching:
    """The partner on this machine stands for AWS's host."""

    def test_what_lies_there_is_returned_and_a_redirect_is_not_followed(self, partner, monkeypatch) -> None:
        open_to_all = rooms.Outbound

        def anywhere(**given):
            return open_to_all(**{**given, "allow_private": True})

        monkeypatch.setattr(rooms, "Outbound", anywhere)
        partner.reply = lambda got: (200, {}, b"pem")
        assert rooms.fetched(f"{partner.url}x.pem") == b"pem"
        for reply in ((302, {"Location": f"{partner.url}y"}, b""), (404, {}, b""), (200, {}, b"x" * 70_000)):
            partner.reply = lambda got, reply=reply: reply
            with pytest.raises(Forged):
                rooms.fetched(f"{partner.url}x.pem")
        assert {got.path for got in partner.received} == {"/x.pem"}

    def test_a_private_address_is_never_asked(self, partner) -> None:
        from tocsin.domain.errors import Overloaded  # noqa: PLC0415

        with pytest.raises(Overloaded):
            rooms.fetched(f"{partner.url}x.pem")
        assert partner.received == []
