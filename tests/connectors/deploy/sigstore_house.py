"""A sigstore of our own for tests: a CA, a certificate log and a Rekor, whose keys stand in a trust root.

It makes what the real services make, so that sigstore's own verifier checks every part of it offline.
"""

from __future__ import annotations

import json
import struct
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tocsin.response.statements import PAYLOAD_TYPE, encoded

ISSUER = "https://token.actions.example"
IDENTITY = "https://git.example/shop/.github/workflows/release.yml@refs/heads/main"
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
_SCT_LIST = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_OIDC_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ORIGIN = "rekor.example - 1"


def _key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def _spki(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _b64(content: bytes) -> str:
    return b64encode(content).decode()


def _canonical(content: Mapping[str, Any]) -> bytes:
    """Return JSON as RFC 8785 has it, for texts and whole numbers."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _signed(key: EllipticCurvePrivateKey, content: bytes) -> bytes:
    return key.sign(content, ECDSA(SHA256()))


@dataclass
class House:
    """The services. Each signing makes a certificate and an entry of its own."""

    ca: EllipticCurvePrivateKey = field(default_factory=_key)
    certificate_log: EllipticCurvePrivateKey = field(default_factory=_key)
    rekor: EllipticCurvePrivateKey = field(default_factory=_key)

    def trust_root(self) -> str:
        """Return the trust root, as a file has it."""
        valid = {"start": (AT - timedelta(days=30)).isoformat().replace("+00:00", "Z")}

        def log(key: EllipticCurvePrivateKey, url: str) -> dict[str, Any]:
            public = {
                "rawBytes": _b64(_spki(key)),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                "validFor": valid,
            }
            name = {"keyId": _b64(sha256(_spki(key)).digest())}
            return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": name}

        chain = {"certificates": [{"rawBytes": _b64(self._root().public_bytes(Encoding.DER))}]}
        authority = {
            "subject": {"organization": "sigstore.example", "commonName": "ca"},
            "uri": "https://fulcio.example",
            "certChain": chain,
            "validFor": valid,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self.rekor, "https://rekor.example")],
                "certificateAuthorities": [authority],
                "ctlogs": [log(self.certificate_log, "https://ct.example")],
            }
        )

    def bundle(
        self,
        stated: Mapping[str, Any],
        identity: str = IDENTITY,
        issuer: str = ISSUER,
        kind: str = PAYLOAD_TYPE,
    ) -> bytes:
        """Return the bundle of a statement that the workflow of that identity signed."""
        key = _key()
        payload = json.dumps(stated).encode()
        certificate = self._certificate(key, identity, issuer)
        signature = _signed(key, encoded(kind, payload))
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": {
                    "certificate": {"rawBytes": _b64(certificate.public_bytes(Encoding.DER))},
                    "tlogEntries": [self._entry(certificate, payload, signature)],
                },
                "dsseEnvelope": {
                    "payload": _b64(payload),
                    "payloadType": kind,
                    "signatures": [{"sig": _b64(signature), "keyid": ""}],
                },
            }
        ).encode()

    def _name(self) -> x509.Name:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sigstore.example"),
                x509.NameAttribute(NameOID.COMMON_NAME, "ca"),
            ]
        )

    def _root(self) -> x509.Certificate:
        return (
            x509.CertificateBuilder(self._name(), self._name(), self.ca.public_key(), 1)
            .not_valid_before(AT - timedelta(days=30))
            .not_valid_after(AT + timedelta(days=300))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.ca.public_key()), critical=False)
            .sign(self.ca, SHA256())
        )

    def _certificate(self, key: EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder(
                self._name(), x509.Name([]), key.public_key(), x509.random_serial_number()
            )
            .not_valid_before(AT - timedelta(minutes=1))
            .not_valid_after(AT + timedelta(minutes=9))
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.public_key()), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)]), critical=True
            )
            .add_extension(x509.UnrecognizedExtension(_OIDC_ISSUER, issuer.encode()), critical=False)
        )
        without = builder.sign(self.ca, SHA256()).tbs_certificate_bytes
        listed = x509.UnrecognizedExtension(_SCT_LIST, self._timestamps(without))
        return builder.add_extension(listed, critical=False).sign(self.ca, SHA256())

    def _timestamps(self, tbs: bytes) -> bytes:
        """Return the list of one signed certificate timestamp (RFC 6962 section 3.3), as DER."""
        at_ms = int(AT.timestamp() * 1000)
        issuer = sha256(_spki(self.ca)).digest()
        entry = issuer + len(tbs).to_bytes(3, "big") + tbs
        content = struct.pack("!BBQH", 0, 0, at_ms, 1) + entry + b"\0\0"
        signature = _signed(self.certificate_log, content)
        log_id = sha256(_spki(self.certificate_log)).digest()
        one = b"\0" + log_id + struct.pack("!QH", at_ms, 0) + b"\4\3"
        one += len(signature).to_bytes(2, "big") + signature
        members = len(one).to_bytes(2, "big") + one
        listed = len(members).to_bytes(2, "big") + members
        assert len(listed) < 256
        return (
            b"\4" + bytes([len(listed)]) if len(listed) < 128 else b"\4\x81" + bytes([len(listed)])
        ) + listed

    def _entry(self, certificate: x509.Certificate, payload: bytes, signature: bytes) -> dict[str, Any]:
        pem = certificate.public_bytes(Encoding.PEM)
        body = _canonical(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": sha256(payload).hexdigest()},
                    "payloadHash": {"algorithm": "sha256", "value": sha256(payload).hexdigest()},
                    "signatures": [{"signature": _b64(signature), "verifier": _b64(pem)}],
                },
            }
        )
        log_id = sha256(_spki(self.rekor)).digest()
        integrated = int(AT.timestamp())
        promised = {"body": _b64(body), "integratedTime": integrated, "logID": log_id.hex(), "logIndex": 0}
        root = sha256(b"\0" + body).digest()
        note = f"{_ORIGIN}\n1\n{_b64(root)}\n"
        line = _b64(log_id[:4] + _signed(self.rekor, note.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": _b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(integrated),
            "inclusionPromise": {"signedEntryTimestamp": _b64(_signed(self.rekor, _canonical(promised)))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _b64(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 rekor.example {line}\n"},
            },
            "canonicalizedBody": _b64(body),
        }


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
