"""Mail of an imported file goes to its own server, in both forms, under an id that stays over retries."""

from __future__ import annotations

from typing import Any

import pytest

from nouns import NOON, an_alert
from tocsin.connectors.smtp.notifier import MailNotifier, build_notifier
from tocsin.domain.clock import PushedClock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TOLD = Notification(
    key="n1",
    group_key="{}:{alertname=DiskFull}",
    receiver="ops",
    at=NOON,
    alerts=(an_alert(),),
    group_labels={"alertname": "DiskFull"},
    external_url="https://tocsin.example",
)


def integration(mail: Any, **changes: Any) -> Integration:
    settings = {
        "to": "ben@example.org, Ada <ada@example.org>",
        "from": "am@example.org",
        "smarthost": f"127.0.0.1:{mail.port}",
        "require_tls": False,
        "auth_username": mail.user,
        "auth_password": mail.password,
        "html": "<b>full</b>",
        "text": "it is full",
        "headers": {"Subject": "Disk", "X-Team": "ops\r\nBcc: eve@evil.example", "To": "eve@evil.example"},
    }
    return Integration(
        receiver="ops", kind="email", number=0, send_resolved=True, settings={**settings, **changes}
    )


@pytest.fixture
def notifier() -> MailNotifier:
    return MailNotifier(PushedClock(NOON), time_limit_s=20)


def failure(notifier: MailNotifier, told: Integration) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        notifier.notify(TOLD, told)
    return failed.value


def test_one_mail_goes_to_all_in_both_forms_and_again_under_the_same_id(
    notifier: MailNotifier, mail: Any
) -> None:
    receipts = [notifier.notify(TOLD, integration(mail)) for _ in range(2)]
    first, second = mail.letters
    assert first["Message-ID"] == second["Message-ID"] == receipts[0].reference
    assert (first["Subject"], first["To"]) == ("Disk", "ben@example.org, Ada <ada@example.org>")
    plain, html = first.get_body(("plain",)), first.get_body(("html",))
    assert "it is full" in plain.get_content()
    assert "<b>full</b>" in html.get_content()
    assert first["Bcc"] is None
    assert first["X-Team"] == "ops Bcc: eve@evil.example"


def test_templates_that_were_not_carried_out_become_alertmanagers_own_subject(
    notifier: MailNotifier, mail: Any
) -> None:
    told = integration(mail, html="{{ template }}", text="", headers={"Subject": "{{ x }}"})
    notifier.notify(TOLD, told)
    (letter,) = mail.letters
    assert letter["Subject"] == "[FIRING:1] DiskFull (db-1 a)"
    assert not letter.is_multipart()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"to": ""}, "mail addresses"),
        ({"to": "nobody"}, "mail addresses"),
        ({"from": "x"}, "mail addresses"),
        ({"smarthost": "mail.example"}, "smarthost"),
        ({"smarthost": "mail.example:99999"}, "smarthost"),
    ],
)
def test_settings_that_are_wrong_are_told(
    notifier: MailNotifier, mail: Any, changes: Any, words: str
) -> None:
    failed = failure(notifier, integration(mail, **changes))
    assert failed.kind is FailureKind.MISCONFIGURED
    assert words in failed.reason


def test_a_refusal_carries_the_servers_code_and_no_password(notifier: MailNotifier, mail: Any) -> None:
    mail.says["RCPT"] = f"550 no such user {mail.password}"
    failed = failure(notifier, integration(mail))
    assert (failed.kind, failed.status) == (FailureKind.REFUSED, 550)
    assert mail.password not in failed.reason


def test_tls_is_demanded_unless_it_is_said_otherwise(notifier: MailNotifier, mail: Any) -> None:
    assert failure(notifier, integration(mail, require_tls=None)).kind is FailureKind.MISCONFIGURED


def test_a_header_that_is_none_is_refused(notifier: MailNotifier, mail: Any) -> None:
    assert failure(notifier, integration(mail, headers={"a b": "x"})).kind is FailureKind.REFUSED


def test_the_manifest_names_a_maker() -> None:
    assert build_notifier(PushedClock(NOON)).clock.now() == NOON
