"""Speaks to Twilio's REST API: one form, one answer, its own error codes sorted."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import orjson

from tocsin.connectors.outbound import Answer, Outbound
from tocsin.connectors.plain import one_line
from tocsin.connectors.secret import Secret, hidden_in
from tocsin.connectors.sorting import failure_of, kind_of, retry_after
from tocsin.domain.errors import Misconfigured
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TWILIO_URL = "https://api.twilio.com/"
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
"""E.164: a plus and at most 15 digits."""

# The codes are from https://www.twilio.com/docs/api/errors.
_PASSING = {14107, 20429, 20500, 20503, 20504, 21611, 30001, 30008}
_SETTINGS_WRONG = {
    *(10001, 20001, 20003, 20005, 20403, 20404, 21210, 21211, 21212, 21213, 21214, 21215, 21216),
    *(21217, 21219, 21401, 21403, 21407, 21408, 21421, 21603, 21604, 21606, 21608, 21614, 21659, 21660),
    *(21701, 21703, 21704, 21705, 63038),
}
_REFUSED = {21205, 21601, 21602, 21605, 21610, 21612, 21613, 21617, 21619, 21620, 21635, 21656, 30007}


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """One account. The first token signs requests; callbacks may come with any. Raises `Misconfigured`."""

    sid: str
    tokens: tuple[Secret, ...]
    url: str = TWILIO_URL
    outbound: Outbound = field(default_factory=Outbound)

    def __post_init__(self) -> None:
        if not self.tokens:
            raise Misconfigured(
                "TOCSIN_TWILIO_TOKEN holds no token.",
                means="The channels sms and voice are not set up; nobody is called by telephone.",
                next_step="Copy the auth token from Twilio's first page.",
            )

    def create(self, what: str, form: Mapping[str, str]) -> str:
        """Create a message (`Messages`) or a call (`Calls`); return its SID. Raises `DeliveryFailed`."""
        signed = base64.b64encode(f"{self.sid}:{self.tokens[0].reveal()}".encode()).decode("ascii")
        url = f"{self.url.rstrip('/')}/2010-04-01/Accounts/{quote(self.sid, safe='')}/{what}.json"
        headers = {
            "Authorization": f"Basic {signed}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        content = urlencode(form, errors="replace").encode("ascii")
        answer = self.outbound.post(url, content=content, headers=headers)
        told = _told(answer)
        if answer.status not in (200, 201):
            raise self._failure(answer, told)
        sid = told.get("sid")
        if not isinstance(sid, str) or not sid:
            reason = f"Twilio answered {answer.status} with what is not its JSON"
            raise DeliveryFailed(FailureKind.UNKNOWN, reason, status=answer.status)
        return one_line(hidden_in(sid, *self.tokens), limit=80)

    def _failure(self, answer: Answer, told: Mapping[str, object]) -> DeliveryFailed:
        code = told.get("code")
        if type(code) is not int:
            return failure_of(answer, "Twilio", *self.tokens)
        words = one_line(hidden_in(str(told.get("message", "")), *self.tokens), limit=200)
        reason = f"Twilio answered {answer.status}, error {code}: {words}"
        kind = kind_of_code(code, answer.status)
        return DeliveryFailed(kind, reason, retry_after_s=retry_after(answer), status=answer.status)


def kind_of_code(code: int, status: int) -> FailureKind:
    """Return what an error code means; one that is not known counts as its status does."""
    if code in _PASSING:
        return FailureKind.RETRY_LATER
    if code in _SETTINGS_WRONG:
        return FailureKind.MISCONFIGURED
    return FailureKind.REFUSED if code in _REFUSED else kind_of(status)


def receiver_of(address: str) -> str:
    """Return the number, without the blanks people write into it. Raises `DeliveryFailed`."""
    number = re.sub(r"[ ().-]", "", address)
    if not NUMBER.fullmatch(number):
        reason = "the address is no telephone number of the form +491701234567"
        raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
    return number


def callback(public_url: str, what: str, **query: str) -> str:
    """Return the address that Twilio asks back at: `/hooks/twilio/<what>`."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"{public_url.rstrip('/')}/hooks/twilio/{what}{asked}"


def _told(answer: Answer) -> Mapping[str, object]:
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
