"""The one HTTP client of all connectors: one time limit for everything, a bounded answer, no redirects."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

import httpcore
import httpx

from tocsin.connectors.trust import system_trust
from tocsin.connectors.wire import AddressRefused, TimedBackend, TimeLimit
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TIME_LIMIT_S = 10.0
LONGEST_ANSWER_BYTES = 65_536
REQUESTS_TOGETHER = 2
USER_AGENT = "Tocsin"


@dataclass(frozen=True, slots=True)
class Answer:
    """A partner's answer: header names in lower case, `body` cut at the client's limit (`is_cut` says so)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Sends requests. It never follows a redirect, keeps no cookies, asks no proxy and logs no address.

    `time_limit_s` bounds the whole exchange, however slowly the partner drips (a name server that does not
    answer can add its own limit). `allow_private` is True because self-hosted targets are often private; set
    it False for addresses that others than the operator may choose. Link-local addresses, where clouds keep
    their credentials, are refused always. Connections are not kept: a message is rare, a stale one costs it.
    """

    time_limit_s: float = TIME_LIMIT_S
    longest_answer: int = LONGEST_ANSWER_BYTES
    allow_private: bool = True
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    limit: TimeLimit | None = field(default=None, repr=False)

    @contextmanager
    def together(self) -> Iterator[Outbound]:
        """Yield a client whose requests share one limit, twice that of a single one.

        Whoever needs several requests for one message stays so below the time for which a worker holds it.
        """
        with TimeLimit(REQUESTS_TOGETHER * self.time_limit_s) as limit:
            yield replace(self, limit=limit)

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Send one POST and return the answer, whatever its status. Raises as `request` does."""
        return self.request("POST", url, content=content, headers=headers)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"") -> Answer:
        """Send one request and return the answer, whatever its status.

        Raises `DeliveryFailed`: misconfigured for an address that is none, is refused, or shows a wrong
        certificate; retry later for everything that time may heal. The reasons name the host, never the URL.
        """
        host, request = _request(method, url, content, headers)
        tls = self.tls or system_trust()
        try:
            with nullcontext(self.limit) if self.limit else TimeLimit(self.time_limit_s) as limit:
                backend = TimedBackend(limit, allow_private=self.allow_private)
                with httpcore.ConnectionPool(ssl_context=tls, network_backend=backend) as pool:
                    return self._exchange(pool, request)
        except AddressRefused as refused:
            raise DeliveryFailed(FailureKind.MISCONFIGURED, f"{host}: {refused}") from None
        except httpcore.TimeoutException:
            reason = f"{host} did not answer within {limit.seconds:g} s"
            raise DeliveryFailed(FailureKind.RETRY_LATER, reason) from None
        except httpcore.LocalProtocolError:
            raise _unwritable(host) from None
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise _unreachable(host, error) from None

    def _exchange(self, pool: httpcore.ConnectionPool, request: httpcore.Request) -> Answer:
        response = pool.handle_request(request)
        try:
            pieces: list[bytes] = []
            size = 0
            for piece in response.iter_stream():
                pieces.append(piece)
                size += len(piece)
                if size > self.longest_answer:
                    break
        finally:
            response.close()
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
        }
        body = b"".join(pieces)[: self.longest_answer]
        return Answer(response.status, headers, body, is_cut=size > self.longest_answer)


def _request(
    method: str, url: str, content: bytes, headers: Mapping[str, str]
) -> tuple[str, httpcore.Request]:
    """Return the host for people and the request, with our own headers; compressed answers are not wanted."""
    try:
        parsed = httpx.URL(url)
        host = parsed.host
        is_usable = parsed.scheme in ("http", "https") and host != "" and "%" not in host
        is_usable = is_usable and not parsed.userinfo
    except (httpx.InvalidURL, ValueError):
        is_usable = False
    if not is_usable:
        reason = "the address is no http or https URL, or carries a user name"
        raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
    sent = {
        "Host": parsed.netloc.decode("ascii"),
        "User-Agent": USER_AGENT,
        "Accept-Encoding": "identity",
        "Content-Length": str(len(content)),
        **headers,
    }
    target = httpcore.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )
    try:
        raw_headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in sent.items()]
    except UnicodeEncodeError:
        raise _unwritable(host) from None
    return host, httpcore.Request(method.encode("ascii"), target, headers=raw_headers, content=content)


def _unwritable(host: str) -> DeliveryFailed:
    reason = f"the request to {host} cannot be written: the URL, key or secret holds a forbidden character"
    return DeliveryFailed(FailureKind.MISCONFIGURED, reason)


def _unreachable(host: str, error: Exception) -> DeliveryFailed:
    """Sort what went wrong on the wire; a wrong certificate does not heal by itself."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = f"{host} shows a certificate that is not trusted ({cause.verify_message})"
            return DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        cause = cause.__cause__ or cause.__context__
    return DeliveryFailed(FailureKind.RETRY_LATER, f"{host} cannot be reached ({type(error).__name__})")
