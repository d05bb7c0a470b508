"""The shipped templates print what Alertmanager's own print."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.oncall.alertmanager.template_shipped import SHIPPED
from tocsin.oncall.alertmanager.template_view import NEVER, AlertView, AlertViews, Texts, View
from tocsin.oncall.alertmanager.templates import render

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)


def view(*statuses: str) -> View:
    labels = Texts({"alertname": "Up", "job": "db"})
    alerts = AlertViews(
        AlertView(
            status=status,
            labels=Texts({**labels, "i": str(at)}),
            annotations=Texts({"summary": "<down>"}),
            starts_at=NOW,
            ends_at=NEVER if status == "firing" else NOW + timedelta(hours=1),
            generator_url="http://p",
            fingerprint=str(at),
        )
        for at, status in enumerate(statuses)
    )
    return View(
        receiver="ops",
        status="firing" if "firing" in statuses else "resolved",
        alerts=alerts,
        group_labels=Texts({"alertname": "Up"}),
        common_labels=labels,
        common_annotations=Texts({"summary": "<down>"}),
        external_url="http://t",
    )


LIST = "Labels:\n - alertname = Up\n - i = {}\n - job = db\nAnnotations:\n - summary = <down>\nSource: http://p\n"


@pytest.mark.parametrize(
    ("name", "statuses", "printed"),
    [
        ("slack.default.title", ["firing"], "[FIRING:1] Up (db)"),
        ("slack.default.title", ["resolved"], "[RESOLVED] Up (db)"),
        ("slack.default.fallback", ["firing"], "[FIRING:1] Up (db) | http://t/#/alerts?receiver=ops"),
        ("slack.default.text", ["firing"], ""),
        ("pagerduty.default.client", ["firing"], "Alertmanager"),
        ("opsgenie.default.description", ["firing"], f"<down>\nAlerts Firing:\n{LIST.format(0)}\n"),
        (
            "sns.default.message",
            ["firing", "resolved"],
            f"<down>\n\nAlerts Firing:\n{LIST.format(0)}\n\n\nAlerts Resolved:\n{LIST.format(1)}\n\n",
        ),
        ("jira.default.priority", ["firing"], "High"),
    ],
)
def test_a_shipped_template_prints_upstreams_text(name: str, statuses: list[str], printed: str) -> None:
    assert render(f'{{{{ template "{name}" . }}}}', view(*statuses), SHIPPED, name="t") == printed


@pytest.mark.parametrize(
    "name", [name for name in SHIPPED if not name.startswith("__") and "instances" not in name]
)
def test_every_shipped_template_can_be_rendered(name: str) -> None:
    assert isinstance(
        render(f'{{{{ template "{name}" . }}}}', view("firing", "resolved"), SHIPPED, name="t"), str
    )


def test_mail_escapes_what_alerts_say() -> None:
    text = '{{ template "email.default.html" . }}'
    printed = render(text, view("firing", "resolved"), SHIPPED, name="t", is_html=True)
    assert isinstance(printed, str)
    assert "&lt;down&gt;" in printed
    assert "<down>" not in printed
