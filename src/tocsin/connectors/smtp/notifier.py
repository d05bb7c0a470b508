"""Mail of an imported `alertmanager.yml`: its own server, headers, and both a plain and an HTML text."""

from __future__ import annotations

import hashlib
import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from tocsin.connectors.http_config import outbound_of, secret_in
from tocsin.connectors.plain import one_line
from tocsin.connectors.rendered import subject_of, text_in, texts_in
from tocsin.connectors.smtp.channel import TIME_LIMIT_S, connected, failure_of
from tocsin.connectors.smtp.letter import is_mail_address
from tocsin.connectors.smtp.relay import Relay
from tocsin.domain.clock import Clock
from tocsin.domain.fence import check_hold
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

LONGEST_SUBJECT = 200
IMPLICIT_TLS = 465
_HEADER = re.compile(r"[!-9;-~]{1,70}")
"""RFC 5322 section 3.6.8: printable ASCII without the colon."""
_OURS = frozenset({"from", "to", "message-id", "references", "date", "mime-version", "content-type"})


@dataclass(frozen=True, slots=True)
class MailNotifier:
    """Tells `email_configs`."""

    clock: Clock
    time_limit_s: float = TIME_LIMIT_S

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Hand over one mail to all its receivers. Raises `DeliveryFailed`."""
        settings = integration.settings
        receivers = texts_in(settings, "to")
        sender = _bare(text_in(settings, "from"))
        if not receivers or not all(map(is_mail_address, map(_bare, (*receivers, sender)))):
            reason = "`to` or `from` is not one or more plain mail addresses"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason)
        relay = _relay(settings)
        try:
            letter = self._letter(notification, settings, sender, receivers)
            with connected(relay, sender, self.time_limit_s, _trust(settings)) as client:
                if relay.user:
                    client.login(relay.user, relay.password.reveal())
                check_hold()
                client.sendmail(sender, [_bare(each) for each in receivers], letter.as_bytes())
        except (MessageError, ValueError):
            reason = "a header of the mail cannot be written"
            raise DeliveryFailed(FailureKind.REFUSED, reason) from None
        except (smtplib.SMTPException, OSError) as error:
            raise failure_of(error, relay.password) from None
        number = str(letter["Message-ID"])
        return Receipt(f"accepted by {relay.host} as {number}", number)

    def _letter(
        self,
        notification: Notification,
        settings: Mapping[str, Any],
        sender: str,
        receivers: tuple[str, ...],
    ) -> EmailMessage:
        domain = sender.rpartition("@")[2]
        given = {str(name): str(text) for name, text in (settings.get("headers") or {}).items()}
        subject = text_in(given, "Subject", subject_of(notification))
        letter = EmailMessage(policy=SMTP)
        letter["From"] = sender
        letter["To"] = ", ".join(receivers)
        letter["Subject"] = one_line(subject, limit=LONGEST_SUBJECT)
        letter["Date"] = format_datetime(self.clock.now())
        letter["Message-ID"] = _id_of("told", notification.key, domain)
        letter["References"] = _id_of("group", notification.group_key, domain)
        letter["Auto-Submitted"] = "auto-generated"
        if not all(map(_HEADER.fullmatch, given)):
            raise ValueError("this is no name of a header")
        for name, text in given.items():
            if name.lower() not in _OURS and name.lower() != "subject" and name not in letter:
                letter[name] = one_line(text, limit=900)
        text, html = text_in(settings, "text"), text_in(settings, "html")
        letter.set_content(text or f"{subject}\n", cte="quoted-printable")
        if html:
            letter.add_alternative(html, subtype="html", cte="quoted-printable")
        return letter


def build_notifier(clock: Clock) -> MailNotifier:
    """Return the notifier of `email_configs`."""
    return MailNotifier(clock)


def _relay(settings: Mapping[str, Any]) -> Relay:
    """Read `smarthost`; TLS is demanded unless `require_tls: false`, as in Alertmanager."""
    host, _, port = str(settings.get("smarthost") or "").rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise DeliveryFailed(FailureKind.MISCONFIGURED, "`smarthost` is no host:port")
    number, is_required = int(port), settings.get("require_tls") is not False
    is_tls = number == IMPLICIT_TLS
    return Relay(
        host=host,
        port=number,
        is_tls=is_tls,
        is_starttls=is_required and not is_tls,
        user=str(settings.get("auth_username") or ""),
        password=secret_in(settings, "auth_password"),
    )


def _trust(settings: Mapping[str, Any]) -> ssl.SSLContext | None:
    return outbound_of({"tls_config": settings.get("tls_config")}).tls


def _bare(address: str) -> str:
    """Return the address of `Name <address>`."""
    return address.rpartition("<")[2].removesuffix(">").strip() if "<" in address else address.strip()


def _id_of(kind: str, key: str, domain: str) -> str:
    digest = hashlib.sha256(f"{kind}\0{key}".encode("utf-8", "replace")).hexdigest()
    return f"<{kind}-{digest[:40]}@{domain}>"
