"""Has the log's heads signed by who holds the key, within a limit of time, and checks what comes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    SIGNER_FOR_URI_SCHEME,
    Signer,
    SSlibKey,
)

from tocsin.connectors.catalogue import load
from tocsin.domain.errors import Misconfigured, Overloaded
from tocsin.domain.ports.keeping import SigningKey

TIME_LIMIT_S = 10.0
AWS_KMS = "awskms"
_IN_KMS = "tocsin.connectors.log_key.aws_kms:signing_in"

Sign = Callable[[bytes], bytes]


def make(uri: str, public: Ed25519PublicKey, region: str, url: str) -> SigningKey:
    """Return the key that a URI names; it is looked for when it is first to sign. Raises `Misconfigured`."""
    scheme, _, name = uri.partition(":")
    if not name or (scheme != AWS_KMS and scheme not in SIGNER_FOR_URI_SCHEME):
        raise Misconfigured(
            f"TOCSIN_LOG_KEY_URI names {scheme[:40]!r}, which is no kind of key that is known.",
            means="It is not known who signs the log, so nothing is started.",
            next_step="Use such as hv:NAME/VERSION, awskms:ARN or file2:/path; see docs/log.md.",
        )
    if scheme == AWS_KMS:
        return HeldKey(public, lambda: load(_IN_KMS)(name, region, url), TIME_LIMIT_S)
    return HeldKey(public, lambda: _signing_by(uri, public), TIME_LIMIT_S)


@dataclass(slots=True)
class HeldKey:
    """A key that signs elsewhere. `found` looks for it once and returns what signs; both may hang or fail.

    Who does not answer within `time_limit_s` is not asked again before the first answer came.
    """

    public: Ed25519PublicKey
    found: Callable[[], Sign]
    time_limit_s: float
    _signs: Sign | None = None
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="tocsin-log-key")
    )

    @property
    def public_key(self) -> bytes:
        """Return the 32 bytes of the public half."""
        return self.public.public_bytes_raw()

    def sign(self, content: bytes) -> bytes:
        """Return the signature. Raises `Overloaded`, and `Misconfigured` for another key than ours."""
        asked = self._thread.submit(self._signed, content)
        # What the makers' libraries raise is of no common kind, so it is asked for and not caught.
        answered = asked in wait([asked], self.time_limit_s).done
        if not answered:
            asked.cancel()
            raise _unsigned(f"did not answer within {self.time_limit_s:g} s")
        failure = asked.exception()
        if isinstance(failure, UnsupportedLibraryError):
            raise _unfit(f"needs a library that is not installed: {failure}") from failure
        if failure is not None:
            raise _unsigned(f"did not sign ({_name_of(failure)})") from failure
        signature = asked.result()
        try:
            self.public.verify(signature, content)
        except InvalidSignature:
            raise _unfit("signs with another key than TOCSIN_LOG_KEY_PUBLIC holds") from None
        return signature

    def _signed(self, content: bytes) -> bytes:
        if self._signs is None:
            self._signs = self.found()
        return self._signs(content)


def _signing_by(uri: str, public: Ed25519PublicKey) -> Sign:
    signer = Signer.from_priv_key_uri(uri, SSlibKey.from_crypto(public))
    return lambda content: bytes.fromhex(signer.sign(content).signature)


def _name_of(failure: BaseException) -> str:
    """Return the failure's kind, and AWS's own word for it; its text may repeat what is secret."""
    response = getattr(failure, "response", None)
    code = response.get("Error", {}).get("Code", "") if isinstance(response, dict) else ""
    return str(code or type(failure).__name__)[:80]


def _unsigned(how: str) -> Overloaded:
    return Overloaded(
        f"Who holds the log's key {how}.",
        means="The log's head was not signed; its entries wait, and so does what needs sealed evidence.",
        next_step=(
            "Look whether the KMS of TOCSIN_LOG_KEY_URI can be reached, and whether Tocsin may still sign "
            "there. It is tried again by itself; do not change the key, that would be another log."
        ),
    )


def _unfit(how: str) -> Misconfigured:
    return Misconfigured(
        f"The key of TOCSIN_LOG_KEY_URI {how}.",
        means="The log's head is not signed; its entries are kept and wait.",
        next_step="Correct TOCSIN_LOG_KEY_URI and TOCSIN_LOG_KEY_PUBLIC; see docs/log.md, section Keys.",
    )
