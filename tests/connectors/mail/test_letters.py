"""A mail as an alert: its subject without the state is what begins and ends."""

from __future__ import annotations

import pytest

from nouns import NOON
from tocsin.connectors.hook import HookRequest
from tocsin.connectors.mail.letters import LIVES, message_id, read_letter
from tocsin.connectors.refusal import UnknownFormat


def _read(subject: str, text: str = "It is slow.", headers: str = ""):
    body = f"Subject: {subject}\r\nMessage-ID: <1@x>\r\n{headers}\r\n{text}".encode()
    (report,) = read_letter(HookRequest(headers={}, body=body, source="nas", now=NOON)).reports
    return report


@pytest.mark.parametrize("begun", ["Disk full", "[FIRING] Disk full", "ALERT: Disk full", "Re: Disk full"])
@pytest.mark.parametrize("ended", ["[RESOLVED] Disk full", "OK: disk full", "Recovered - Disk Full"])
def test_an_end_is_the_end_of_its_subject(begun: str, ended: str) -> None:
    assert _read(begun).key == _read(ended).key
    assert (_read(begun).report.ends_at, _read(ended).report.ends_at) == (NOON + LIVES, NOON)


@pytest.mark.parametrize(
    ("subject", "headers", "severity"),
    [
        ("P1 Disk full", "", "P1"),
        ("Disk critical", "", "critical"),
        ("Disk full", "X-Priority: 1 (Highest)\r\n", "high"),
        ("Disk full", "Importance: High\r\n", "high"),
        ("Disk full", "", None),
    ],
)
def test_a_severity_is_what_the_mail_says(subject: str, headers: str, severity: str | None) -> None:
    assert _read(subject, headers=headers).report.labels.get("severity") == severity


def test_html_is_read_as_a_person_would() -> None:
    html = (
        "<html><head><title>x</title></head><body><p>It is<br>slow</p><script>evil()</script></body></html>"
    )
    report = _read("Disk full", html, "Content-Type: text/html; charset=utf-8\r\n")
    assert report.report.annotations["description"] == "It is\nslow"


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Type: text/plain; charset=nonsense\r\n",
        "Content-Type: image/png\r\n",
        "Content-Type: multipart/x\r\n",
    ],
)
def test_a_text_that_cannot_be_read_is_left_out(headers: str) -> None:
    assert _read("Disk full", headers=headers).report.labels["alertname"] == "Disk full"


def test_a_mail_without_a_subject_is_refused() -> None:
    for body in (b"", b"Subject:\r\n\r\nx", b"\xff\xfe"):
        with pytest.raises(UnknownFormat):
            read_letter(HookRequest(headers={}, body=body, source="nas", now=NOON))


def test_a_state_alone_is_a_subject() -> None:
    assert _read("OK").report.ends_at == NOON


def test_a_message_id_is_read_and_a_broken_one_is_none() -> None:
    assert message_id(b"Message-ID: <1@x>\r\n\r\n") == "<1@x>"
    assert message_id(b"\r\n") == ""


def test_an_encoded_subject_is_decoded() -> None:
    assert _read("=?utf-8?q?=C3=A9_is_down?=").report.labels["alertname"] == "é is down"
