"""What follows a press goes to Slack and nowhere else."""

from __future__ import annotations

import pytest

from tocsin.connectors.slack.errands import run
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

VALUES = {"TOCSIN_SLACK_TOKEN": "xoxb-t", "TOCSIN_SLACK_URL": "https://slack.com/api/"}


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com.evil.example/x",
        "https://hooks.slack.com:8443/x",
        "https://hooks.slack.com@evil.example/x",
        "http://169.254.169.254/latest",
        "",
    ],
)
def test_a_reply_to_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        run({"do": "reply", "url": url, "body": "{}"}, VALUES)
    assert failed.value.kind is FailureKind.REFUSED


def test_a_dialog_needs_a_token() -> None:
    with pytest.raises(DeliveryFailed) as failed:
        run({"do": "dialog", "trigger": "1", "incident": "INC-1"}, VALUES | {"TOCSIN_SLACK_TOKEN": ""})
    assert failed.value.kind is FailureKind.MISCONFIGURED


class TestAgainstAServer:
    """The other end stands in for Slack under the address of its Web API."""

    @pytest.fixture
    def values(self, partner) -> dict[str, str]:
        return VALUES | {"TOCSIN_SLACK_URL": f"{partner.url}api/"}

    def test_a_reply_is_posted(self, partner, values) -> None:
        args = {"do": "reply", "url": f"{partner.url}actions/1", "body": '{"text": "done"}'}
        assert run(args, values) == "replied"
        (got,) = partner.received
        assert (got.path, got.body) == ("/actions/1", b'{"text": "done"}')

    def test_a_dialog_is_opened(self, partner, values) -> None:
        partner.reply = lambda got: (200, {}, b'{"ok": true}')
        assert run({"do": "dialog", "trigger": "13.37", "incident": "INC-1"}, values) == "dialog opened"
        (got,) = partner.received
        assert got.path == "/api/views.open"
        assert b"tocsin_note" in got.body

    def test_a_refusal_is_sorted(self, partner, values) -> None:
        partner.reply = lambda got: (404, {}, b"used up")
        with pytest.raises(DeliveryFailed) as failed:
            run({"do": "reply", "url": f"{partner.url}actions/1", "body": "{}"}, values)
        assert failed.value.status == 404
