"""The one seam of everything that is pushed to us: a body is proved, then read; nothing here has effects."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from tocsin.connectors.refusal import BodyRefused, Refused
from tocsin.connectors.secret import Secret
from tocsin.domain.alert import AlertReport
from tocsin.domain.errors import Explained
from tocsin.domain.partner import ActOutcome, PartnerAct

MOST_SKEW = timedelta(minutes=5)
"""How far a signed timestamp may be from our clock, either way (Slack's and Standard Webhooks' own bound)."""

TOKEN_HEADER = "x-tocsin-token"
LONGEST_KEY = 512
"""A sender's key of an alert; Opsgenie's `alias` may be the longest."""


class Forged(Explained):
    """A body whose sender could not be proved (HTTP 401, 403); it is not kept but stands in the log.

    `reason` is one of a connector's few sentences and repeats nothing of what was sent.
    """

    code: ClassVar[str] = "forged"

    def __init__(self, reason: str, *, status: int = 401) -> None:
        super().__init__(
            f"The request is not proved to come from its sender: {reason}.",
            means="Nothing of it was kept or done; the attempt stands in the log.",
            next_step="Compare the secret at the sender with the setting here; docs/hooks.md has each one.",
        )
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSecret:
    """One secret that may prove a body. `name` tells it from others without giving it away."""

    secret: Secret
    name: str

    @property
    def key(self) -> bytes:
        """Return the secret's bytes."""
        return self.secret.reveal().encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedReport:
    """One report under the sender's own key of the alert, which is stable from its beginning to its end.

    An end (`report.ends_at` has passed) may come without labels: those of the beginning are remembered.
    `report.source` is empty unless the alert comes from further away than its messenger (GuardDuty by SNS).
    """

    key: str
    report: AlertReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What a mapping of a pack made of one JSON object: its report (None: not worth one), and its own id."""

    report: KeyedReport | None
    delivery: str = ""


class Mapper(Protocol):
    """Makes a report of one JSON object by a mapping that a pack holds."""

    def mapped(self, found: object, now: datetime) -> Mapped:
        """Return what the object says. Raises `NotMapped`."""
        ...


class NotMapped(BodyRefused):
    """A body does not hold what its source's mapping looks for."""

    code = "not_mapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRequest:
    """One request as it came: header names in lower case, the raw body, and our time.

    `source` is the last part of the address. `path` is what of the address names the act (`POST x/close`),
    empty for most. `query` are its parameters. `kind` is what the headers say the body is; a replay has it,
    but no headers. `mapper` is the source's own mapping of a pack, if there is one. `home_url` is where
    people reach us.
    """

    headers: Mapping[str, str]
    body: bytes
    source: str
    now: datetime
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    kind: str = ""
    mapper: Mapper | None = None
    home_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Which secret proved the body (its place in the list), and what names this delivery for ever.

    An empty `replay_key` says that the sender names none and that repeating the body is harmless.
    """

    secret: int
    replay_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender is answered once everything is kept."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Something to be done outside after the commit, by the connector's own `errand`, as a job."""

    key: str
    args: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is answered, and sent after, once it is known what became of the acts."""

    answer: Answer = field(default_factory=Answer)
    errands: tuple[Errand, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadHook:
    """What an authentic body said.

    `incident` is what the partner calls its incident: when it is one of ours, only the acts count, otherwise
    only the reports do; while it is empty, both do. `signals` are lines for the lake. `tell` makes the answer
    of the acts' outcomes; without it `answer` is given. A mere `question` is answered and not kept.
    """

    reports: tuple[KeyedReport, ...] = ()
    unreadable: tuple[Refused, ...] = ()
    acts: tuple[PartnerAct, ...] = ()
    signals: tuple[bytes, ...] = ()
    errands: tuple[Errand, ...] = ()
    incident: str = ""
    answer: Answer = field(default_factory=Answer)
    tell: Callable[[Sequence[ActOutcome]], Told] | None = None
    question: bool = False


class Hook(Protocol):
    """How one connector proves and reads what is pushed to it; pure."""

    def kind(self, headers: Mapping[str, str]) -> str:
        """Return what the headers say the body is, empty where they say nothing."""
        ...

    def token(self, request: HookRequest) -> str:
        """Return the token that the request carries, empty for senders that sign instead."""
        ...

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove the raw bytes, in constant time. Raises `Forged`."""
        ...

    def read(self, request: HookRequest) -> ReadHook:
        """Read a proved body. Raises `BodyRefused` for one that makes no sense at all."""
        ...


def keyed(
    key: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
    *,
    link: str = "",
    begun: datetime | None = None,
    ended: datetime | None = None,
    origin: str = "",
) -> KeyedReport:
    """Return a report under a sender's key, without the labels and annotations that are empty."""
    report = AlertReport(
        source=origin,
        labels={name: text for name, text in labels.items() if name and text},
        annotations={name: text for name, text in annotations.items() if name and text},
        starts_at=begun,
        ends_at=ended,
        generator_url=link,
    )
    return KeyedReport(key=key[:LONGEST_KEY], report=report)


def the_one(secrets: Sequence[HookSecret], proves: Callable[[HookSecret], bool], wrong: str) -> int:
    """Return the place of the secret that proves a body; all are tried, so that time tells nothing.

    Raises `Forged` with the reason `wrong`, or that no secret is set up.
    """
    if not secrets:
        raise Forged("no secret is set up for this source")
    proved = [number for number, secret in enumerate(secrets) if proves(secret)]
    if not proved:
        raise Forged(wrong)
    return proved[0]


def same(given: str, expected: str) -> bool:
    """Compare two texts in constant time; any text may be given."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), expected.encode())


def hex_hmac(secret: HookSecret, signed: bytes) -> str:
    """Return the HMAC-SHA256 of what is signed, in lower-case hex digits."""
    return hmac.new(secret.key, signed, hashlib.sha256).hexdigest()


def demand(headers: Mapping[str, str], name: str, what: str) -> str:
    """Return a header that must be there. Raises `Forged`."""
    found = headers.get(name, "").strip()
    if not found:
        raise Forged(f"it carries no {what}")
    return found


def demand_recent(seconds: str, now: datetime) -> None:
    """Refuse a signed Unix time that is more than five minutes from ours. Raises `Forged`."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 12):
        raise Forged("its timestamp is no number")
    if abs(now.timestamp() - int(seconds)) > MOST_SKEW.total_seconds():
        raise Forged("its timestamp is more than 5 minutes from our clock", status=403)


def token_of(headers: Mapping[str, str], *names: str) -> str:
    """Return the token of the first of these headers that is there, else of `Authorization`."""
    for name in (*names, TOKEN_HEADER):
        if found := headers.get(name, "").strip():
            return found
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _password(rest)
    return rest.strip() if scheme.lower() in ("bearer", "geniekey", "token") else ""


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


def verify_token(token: str, secrets: Sequence[HookSecret]) -> int:
    """Return the place of the secret that a token is. Raises `Forged`."""
    if not token:
        raise Forged("it carries no token")
    return the_one(secrets, lambda secret: same(token, secret.secret.reveal()), "its token is unknown")


def digest_of(*parts: bytes | str) -> str:
    """Return one SHA-256 for several parts, so that no two lists of parts have the same."""
    whole = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(len(raw).to_bytes(8, "big") + raw)
    return whole.hexdigest()
