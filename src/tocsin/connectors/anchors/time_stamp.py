"""Has heads time-stamped by an authority (RFC 3161); each answer is checked by its pinned certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.sorting import failure_of
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.anchoring import Anchored
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """One authority. `roots` are the certificates that it must lead to."""

    url: str
    roots: tuple[Certificate, ...]
    outbound: Outbound = field(default_factory=Outbound)

    @property
    def name(self) -> str:
        return "time-stamp"

    def probe(self) -> str:
        """Have a few bytes stamped; what an authority has signed nobody can take back."""
        self.keep("probe", 0, "Tocsin tries whether this is stamped.\n")
        return "The time-stamping authority answered with a stamp that verifies."

    def keep(self, origin: str, size: int, note: str) -> Anchored:
        """Have the note stamped. The proof is the answer (DER), which verifies offline over the same note."""
        request = (
            TimestampRequestBuilder().data(note.encode()).nonce(nonce=True).cert_request(cert_request=True)
        )
        asked = request.build()
        headers = {"Content-Type": QUERY, "Accept": REPLY}
        answer = self.outbound.post(self.url, content=asked.as_bytes(), headers=headers)
        if answer.status != 200:
            raise failure_of(answer, "the time-stamping authority")
        try:
            stamp = decode_timestamp_response(answer.body)
            self._verify(stamp, note.encode())
        except (ValueError, VerificationError) as error:
            reason = f"the time stamp does not verify ({str(error)[:120]})"
            raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=200) from error
        at = stamp.tst_info.gen_time.astimezone(UTC)
        return Anchored(reference=f"serial {stamp.tst_info.serial_number}", proof=answer.body, at=at)

    def _verify(self, stamp: TimeStampResponse, content: bytes) -> None:
        builder = VerifierBuilder()
        for root in self.roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(stamp, content)


def make(url: str, pem: bytes) -> TimeStamp:
    """Return the anchor. Raises `Misconfigured` for a file that holds no certificates."""
    try:
        roots = tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise Misconfigured(
            "TOCSIN_TSA_CERTIFICATES names a file that holds no certificates in PEM.",
            means="No time stamp could be checked, so none is asked for.",
            next_step="Put the authority's root certificate into the file.",
        ) from error
    return TimeStamp(url, roots)
