"""A Twilio that keeps the rules of its documentation."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from http_partner import HttpPartner, Received, Reply


@dataclass
class FakeTwilio(HttpPartner):
    """One Twilio account that checks numbers, texts and TwiML as Twilio's documentation says."""

    sid: str = "AC0123456789abcdef0123456789abcdef"
    token: str = "a-very-secret-auth-token"
    unsubscribed: tuple[str, ...] = ()
    created: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    error: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        status, code = self.error or self.fault_of(got)
        if code:
            told = {"code": code, "message": f"Fault {code} of {self.token}", "status": status}
            return status, {"Content-Type": "application/json"}, json.dumps(told).encode()
        what = got.path.rpartition("/")[2].removesuffix(".json")
        self.created.append((what, self.form(got)))
        sid = f"{'SM' if what == 'Messages' else 'CA'}{len(self.created):032x}"
        return 201, {}, json.dumps({"sid": sid, "status": "queued"}).encode()

    def form(self, got: Received) -> dict[str, str]:
        return dict(parse_qsl(got.body.decode(), keep_blank_values=True))

    def fault_of(self, got: Received) -> tuple[int, int]:
        signed = base64.b64encode(f"{self.sid}:{self.token}".encode()).decode()
        if got.headers.get("authorization") != f"Basic {signed}":
            return 401, 20003
        root = f"/2010-04-01/Accounts/{self.sid}"
        if got.path not in (f"{root}/Messages.json", f"{root}/Calls.json"):
            return 404, 20404
        form = self.form(got)
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form["To"]):
            return 400, 21211
        if form["To"] in self.unsubscribed:
            return 400, 21610
        return (400, self.fault_of_form(form)) if self.fault_of_form(form) else (201, 0)

    def fault_of_form(self, form: dict[str, str]) -> int:
        if "Twiml" in form:
            spoken = len(form["Twiml"]) <= 4000 and ElementTree.fromstring(form["Twiml"]).tag == "Response"
            return 0 if spoken and form.get("From") else 21205
        if not form.get("Body"):
            return 21602
        if not (form.get("From") or form.get("MessagingServiceSid")):
            return 21603
        return 21617 if len(form["Body"]) > 1600 else 0
