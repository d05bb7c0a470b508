"""Builds for tests: a release workflow that signs what it says about an artifact, and a history."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tocsin.response.provenance import SLSA, TEST_RESULT, VSA
from tocsin.response.statements import PAYLOAD_TYPE, TrustedKey, encoded

REPOSITORY = "https://git.example/shop"
WORKFLOW = ".github/workflows/release.yml"
GATES = ("unit", "sast")
OURS = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)
EVES = Ed25519PrivateKey.from_private_bytes(b"\2" * 32)


def commit(number: int) -> str:
    return f"{number:040x}"


def digest_of(artifact: bytes) -> str:
    return sha256(artifact).hexdigest()


def pem_of(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def trusted(key: Ed25519PrivateKey = OURS) -> TrustedKey:
    return TrustedKey(key.public_key())


def statement(kind: str, digest: str, predicate: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "shop", "digest": {"sha256": digest}}],
        "predicateType": kind,
        "predicate": predicate,
        **changed,
    }


def provenance(
    digest: str, of_commit: str, *, repository: str = REPOSITORY, **workflow: Any
) -> dict[str, Any]:
    where = {"repository": repository, "path": WORKFLOW, "ref": "refs/heads/main", **workflow}
    return statement(
        SLSA,
        digest,
        {
            "buildDefinition": {
                "externalParameters": {"workflow": where},
                "resolvedDependencies": [{"uri": f"git+{repository}", "digest": {"gitCommit": of_commit}}],
            }
        },
    )


def results(digest: str, passed: Sequence[str] = GATES, failed: Sequence[str] = ()) -> dict[str, Any]:
    predicate = {
        "result": "FAILED" if failed else "PASSED",
        "passedTests": [*passed],
        "failedTests": [*failed],
    }
    return statement(TEST_RESULT, digest, predicate)


def summary(digest: str, levels: Sequence[str] = GATES, verdict: str = "PASSED") -> dict[str, Any]:
    return statement(VSA, digest, {"verificationResult": verdict, "verifiedLevels": [*levels]})


def signed(stated: Mapping[str, Any], key: Ed25519PrivateKey = OURS, kind: str = PAYLOAD_TYPE) -> bytes:
    """Return the DSSE envelope of a statement."""
    payload = json.dumps(stated).encode()
    signature = key.sign(encoded(kind, payload))
    return json.dumps(
        {
            "payload": b64encode(payload).decode(),
            "payloadType": kind,
            "signatures": [{"keyid": "whatever", "sig": b64encode(signature).decode()}],
        }
    ).encode()


def history(*rows: Mapping[str, Any], rollbacks: Sequence[Mapping[str, Any]] = ()) -> str:
    return json.dumps({"deployments": list(rows), "rollbacks": list(rollbacks)})


def deployed(number: int, minute: int, *, status: str = "healthy", **more: Any) -> dict[str, Any]:
    """Return a row of the history: the build of that number, deployed so many minutes after 10:00."""
    stamp = f"2026-03-01T{10 + minute // 60:02}:{minute % 60:02}:00Z"
    digest = digest_of(b"build %d" % number)
    return {
        "commit": commit(number),
        "status": status,
        "timestamp": stamp,
        "digest": f"sha256:{digest}",
        **more,
    }
