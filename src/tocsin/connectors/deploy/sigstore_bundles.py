"""Opens sigstore bundles offline: the trust root is a file, the signer a workflow's identity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigstore.errors import Error
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity

from tocsin.response.statements import PAYLOAD_TYPE, Statement, StatementRefused, statement_of


def opened_bundle(bundle: bytes, parameters: Mapping[str, Any]) -> Statement:
    """Return the statement in a bundle that the named identity signed. Raises `StatementRefused`.

    `parameters` hold `trust_root` (a path), `issuer` and `identity`.
    """
    try:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(str(Path(parameters["trust_root"]))))
        policy = Identity(identity=parameters["identity"], issuer=parameters["issuer"])
        kind, payload = verifier.verify_dsse(Bundle.from_json(bundle), policy)
    except (Error, ValueError) as error:
        raise StatementRefused(f"sigstore refuses it ({str(error)[:160]})") from error
    if kind != PAYLOAD_TYPE:
        raise StatementRefused(f"its payload is {kind[:80]!r}, not an in-toto statement")
    return statement_of(payload, f"sigstore:{parameters['identity']}")
