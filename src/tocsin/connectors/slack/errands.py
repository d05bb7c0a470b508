"""What is sent to Slack after a press was kept: a private reply, or the dialog for a note."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from tocsin.connectors.outbound import Outbound
from tocsin.connectors.secret import Secret
from tocsin.connectors.slack.inbound import NOTE_DIALOG
from tocsin.connectors.slack.web_api import WebApi
from tocsin.connectors.sorting import failure_of
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

REPLY_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
"""A reply goes to Slack and nowhere else, whatever address came with the press."""

WITHIN_S = 5.0


def run(args: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Do one errand and return what came of it. Raises `DeliveryFailed`."""
    if args["do"] == "dialog":
        return _open_dialog(args, values)
    return _reply(args, values)


def _reply(args: Mapping[str, str], values: Mapping[str, str]) -> str:
    url = args["url"]
    own = urlsplit(values["TOCSIN_SLACK_URL"])
    asked = urlsplit(url)
    is_slack = asked.scheme == "https" and asked.netloc in REPLY_HOSTS
    if not is_slack and (asked.scheme, asked.netloc) != (own.scheme, own.netloc):
        raise DeliveryFailed(FailureKind.REFUSED, "the address for the reply is not Slack's")
    answer = Outbound(time_limit_s=WITHIN_S).post(
        url, content=args["body"].encode(), headers={"Content-Type": "application/json"}
    )
    if answer.status != 200:
        raise failure_of(answer, "Slack", Secret(asked.path))
    return "replied"


def _open_dialog(args: Mapping[str, str], values: Mapping[str, str]) -> str:
    if not values["TOCSIN_SLACK_TOKEN"]:
        raise DeliveryFailed(FailureKind.MISCONFIGURED, "TOCSIN_SLACK_TOKEN is not set")
    api = WebApi(Secret(values["TOCSIN_SLACK_TOKEN"]), values["TOCSIN_SLACK_URL"])
    view = {
        "type": "modal",
        "callback_id": NOTE_DIALOG,
        "private_metadata": args["incident"],
        "title": {"type": "plain_text", "text": f"Note on {args['incident']}"[:24]},
        "submit": {"type": "plain_text", "text": "Write"},
        "close": {"type": "plain_text", "text": "Cancel"},
        "blocks": [
            {
                "type": "input",
                "block_id": "note",
                "label": {"type": "plain_text", "text": "What you saw or did"},
                "element": {
                    "type": "plain_text_input",
                    "action_id": "text",
                    "multiline": True,
                    "max_length": 3000,
                },
            }
        ],
    }
    api.call("views.open", {"trigger_id": args["trigger"], "view": view})
    return "dialog opened"
