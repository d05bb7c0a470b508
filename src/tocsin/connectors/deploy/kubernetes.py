"""Calls a Kubernetes API server, as a service account."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.rest import LONGEST_ANSWER_BYTES, RestCaller
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.errors import Misconfigured


def make(values: Mapping[str, str], clock: Clock) -> RestCaller:
    """Return the caller. Raises `Misconfigured` without an address or with a certificate that is none."""
    url, token = values["TOCSIN_KUBERNETES_URL"], Secret(values["TOCSIN_KUBERNETES_TOKEN"])
    if not url or not token.reveal():
        raise Misconfigured(
            "TOCSIN_KUBERNETES_URL or TOCSIN_KUBERNETES_TOKEN is not set.",
            means="Nothing on Kubernetes was changed.",
            next_step="Set the API server's address and the token of a service account that may deploy.",
        )
    return RestCaller(
        partner="Kubernetes",
        base_url=url,
        credentials=lambda: {"Authorization": f"Bearer {token.reveal()}"},
        secrets=(token,),
        outbound=Outbound(longest_answer=LONGEST_ANSWER_BYTES, tls=_trust(values["TOCSIN_KUBERNETES_CA"])),
    )


def _trust(path: str) -> ssl.SSLContext | None:
    if not path:
        return None
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"TOCSIN_KUBERNETES_CA names {path}, which holds no certificate.",
            means="The API server cannot be trusted; nothing on Kubernetes was changed.",
            next_step="Name the file with the cluster's CA in PEM.",
        ) from error
