"""Fetches and checks the certificates that SNS signs with; only AWS's own hosts are ever asked."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tocsin.connectors.hook import Forged
from tocsin.connectors.outbound import Outbound
from tocsin.domain.errors import Overloaded
from tocsin.domain.ports.delivery import DeliveryFailed

# https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?")
NAME = re.compile(r"sns(?:\.[a-z0-9-]{1,40})?\.amazonaws\.com(?:\.cn)?|\*\.amazonaws\.com(?:\.cn)?")
LONGEST_PEM = 65_536
WITHIN_S = 5.0
KEPT_FOR = timedelta(hours=24)
MOST_KEPT = 50
MOST_IN_CHAIN = 5


def fetched(url: str) -> bytes:
    """Return what lies at an address of AWS. Raises `Overloaded` when AWS cannot be asked now, `Forged`."""
    outbound = Outbound(time_limit_s=WITHIN_S, longest_answer=LONGEST_PEM, allow_private=False)
    try:
        answer = outbound.request("GET", url, headers={"Accept": "*/*"})
    except DeliveryFailed as failed:
        raise Overloaded(
            f"The certificate of an SNS message could not be fetched: {failed.reason}.",
            means="Nothing of the message was kept; SNS sends it again.",
            next_step="Let this server reach sns.<region>.amazonaws.com by HTTPS.",
        ) from failed
    if answer.status != 200 or answer.is_cut:
        raise Forged("its certificate is not there, or lies behind a redirect", status=403)
    return answer.body


def demand_aws(url: str, *, suffix: str = "") -> str:
    """Return an address if it is one of SNS itself: https, its host, no port, no user. Raises `Forged`."""
    try:
        parts = urlsplit(url)
        is_plain = parts.port is None and parts.username is None
    except ValueError:
        raise Forged("it names an address that is none", status=403) from None
    is_aws = parts.scheme == "https" and HOST.fullmatch(parts.netloc) is not None
    if not (is_aws and is_plain and parts.path.endswith(suffix) and url.isprintable() and " " not in url):
        raise Forged("it names an address that is not of Amazon SNS", status=403)
    return url


@dataclass(slots=True)
class Certificates:
    """Certificates by address, kept for a day; each is checked whenever it is used."""

    fetch: Callable[[str], bytes] = fetched
    _kept: dict[str, tuple[datetime, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def key(self, url: str, now: datetime) -> rsa.RSAPublicKey:
        """Return the key that a message was signed with. Raises `Forged`, `Overloaded`.

        The host proves itself by TLS while we fetch. The certificate must be valid now and SNS's own by name;
        where the file holds the chain too, each one must be signed by the next.
        """
        pem = self._pem(demand_aws(url, suffix=".pem"), now)
        try:
            chain = x509.load_pem_x509_certificates(pem)[:MOST_IN_CHAIN]
        except ValueError:
            raise Forged("its certificate is none", status=403) from None
        _demand_valid(chain, now)
        key = chain[0].public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise Forged("its certificate holds no RSA key", status=403)
        return key

    def _pem(self, url: str, now: datetime) -> bytes:
        with self._lock:
            kept = self._kept.get(url)
        if kept is not None and timedelta(0) <= now - kept[0] < KEPT_FOR:
            return kept[1]
        pem = self.fetch(url)
        with self._lock:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[url] = (now, pem)
        return pem


def verify_signature(key: rsa.RSAPublicKey, signature: bytes, signed: bytes, version: str) -> None:
    """Check an RSA signature of version 1 (SHA-1) or 2 (SHA-256), PKCS#1 v1.5. Raises `Forged`."""
    kinds: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}
    kind = kinds.get(version)
    if kind is None:
        raise Forged("its signature is of an unknown version")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), kind)
    except InvalidSignature:
        raise Forged("its signature is wrong") from None


def _demand_valid(chain: list[x509.Certificate], now: datetime) -> None:
    for certificate in chain:
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise Forged("its certificate is not valid now", status=403)
    for certificate, issuer in pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise Forged("its certificate's chain is broken", status=403) from None
    if not any(NAME.fullmatch(name) for name in _names(chain[0])):
        raise Forged("its certificate is not of Amazon SNS", status=403)


def _names(certificate: x509.Certificate) -> list[str]:
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    names = [str(name.value) for name in common]
    try:
        other = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return names
    return [*names, *other.value.get_values_for_type(x509.DNSName)]
