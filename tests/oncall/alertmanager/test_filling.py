"""Integrations inherit the file's global defaults, and one that lacks what it needs is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager.filling import GLOBAL_DEFAULTS, PAGERDUTY_DETAILS, at_most_one, filled

BUTTON = {"type": "button", "text": "t"}
HERE = Located(path="f", line=3, column=5, kind="map")


def fill(kind: str, own: dict[str, Any], **globals_: Any) -> dict[str, Any]:
    return filled(kind, own, {**GLOBAL_DEFAULTS, **globals_}, HERE)


def test_mail_takes_the_smtp_settings() -> None:
    settings = fill(
        "email",
        {"to": "a", "headers": {"x-tEAM": "b"}, "require_tls": False},
        smtp_smarthost="m:25",
        smtp_from="t",
        smtp_auth_password="p",
    )
    assert settings["smarthost"] == "m:25"
    assert settings["from"] == "t"
    assert settings["hello"] == "localhost"
    assert settings["auth_password"] == "p"
    assert settings["require_tls"] is False
    assert settings["headers"] == {"X-Team": "b"}
    assert "http_config" not in settings


def test_an_own_secret_keeps_the_global_ones_away() -> None:
    own = fill("slack", {"api_url_file": "f"}, slack_api_url="https://h")
    assert "api_url" not in own
    inherited = fill("slack", {"send_resolved": True}, slack_api_url_file="g")
    assert inherited["api_url_file"] == "g"
    assert "send_resolved" not in inherited
    mail = fill(
        "email",
        {"to": "a", "from": "b", "smarthost": "m:1", "auth_password_file": "f"},
        smtp_auth_password="p",
    )
    assert "auth_password" not in mail
    assert mail["require_tls"] is True


def test_http_config_is_the_global_one_unless_given() -> None:
    assert fill("webhook", {"url": "http://h"}, http_config={"x": 1})["http_config"] == {"x": 1}
    assert fill("webhook", {"url": "http://h", "http_config": {}}, http_config={"x": 1})["http_config"] == {}


def test_pagerduty_gets_details_and_a_source() -> None:
    settings = fill(
        "pagerduty", {"routing_key": "r", "client": "us", "details": {"firing": "mine", "x": "y"}}
    )
    assert settings["details"] == {**PAGERDUTY_DETAILS, "firing": "mine", "x": "y"}
    assert settings["source"] == "us"
    assert settings["url"] == "https://events.pagerduty.com/v2/enqueue"


def test_addresses_end_with_a_slash_where_paths_are_appended() -> None:
    own = {"api_key": "k", "api_url": "https://h/x?y"}
    assert fill("opsgenie", own)["api_url"] == "https://h/x?y/"
    assert fill("opsgenie", {"api_key": "k", "api_url": "https://h"})["api_url"] == "https://h/"
    assert fill("victorops", {"api_key": "k", "routing_key": "r"})["api_url"].endswith("/alert/")
    assert fill("wechat", {"api_secret": "s", "corp_id": "c", "message_type": ""})["message_type"] == "text"


def test_responders_of_opsgenie_are_lower_case_unless_a_template() -> None:
    responders = ({"id": "i", "type": "TEAM"}, {"name": "n", "type": "{{ .x }}"})
    settings = fill("opsgenie", {"api_key": "k", "responders": responders})
    assert settings["responders"] == ({"id": "i", "type": "team"}, {"name": "n", "type": "{{ .x }}"})


@pytest.mark.parametrize(
    ("kind", "own"),
    [
        ("slack", {"api_url": "u", "fields": ({"title": "t", "value": "v"},)}),
        (
            "slack",
            {"api_url": "u", "actions": ({"type": "b", "text": "t", "name": "n", "confirm": {"text": "t"}},)},
        ),
        ("sns", {"phone_number": "p"}),
        ("telegram", {"bot_token": "t", "chat_id": 1}),
        ("webex", {"room_id": "r", "http_config": {"authorization": {}}}),
        ("discord", {"webhook_url_file": "f"}),
        ("jira", {"api_url": "u", "project": "p", "issue_type": "Bug"}),
    ],
)
def test_what_is_whole_is_taken(kind: str, own: dict[str, Any]) -> None:
    assert fill(kind, own).items() >= own.items()


@pytest.mark.parametrize(
    ("kind", "own", "words"),
    [
        ("webhook", {}, "no url or url_file"),
        ("slack", {}, "slack_api_url or slack_api_url_file under global"),
        ("slack", {"api_url": "u", "api_url_file": "f"}, "stand together"),
        ("slack", {"api_url": "u", "fields": ({"title": "t"},)}, "title or its value"),
        ("slack", {"api_url": "u", "actions": ({"type": "b", "text": "t"},)}, "url and name"),
        (
            "slack",
            {"api_url": "u", "actions": ({"type": "b", "text": "t", "url": "u", "confirm": {}},)},
            "no text",
        ),
        ("email", {"to": "a"}, "no smarthost"),
        ("email", {"to": "a", "from": "b", "smarthost": "m:1", "headers": {"a-b": "", "A-B": ""}}, "twice"),
        ("opsgenie", {"api_key": "k", "responders": ({"type": "team"},)}, "neither id"),
        ("opsgenie", {"api_key": "k", "responders": ({"id": "i", "type": "owner"},)}, "no type of responder"),
        ("sns", {}, "exactly one"),
        ("sns", {"topic_arn": "t", "target_arn": "u"}, "exactly one"),
        ("telegram", {"bot_token": "t", "chat_id": 1, "parse_mode": "Word"}, "parse_mode"),
        ("victorops", {"api_key": "k", "routing_key": "r", "custom_fields": {"entity_id": ""}}, "entity_id"),
        ("webex", {"room_id": "r"}, "authorization"),
        ("wechat", {"api_secret": "s", "corp_id": "c", "message_type": "image"}, "message_type"),
        ("jira", {"project": "p"}, "jira_api_url under global"),
    ],
)
def test_what_is_missing_or_clashes_is_named(kind: str, own: dict[str, Any], words: str) -> None:
    with pytest.raises(PackProblem) as caught:
        fill(kind, own)
    assert caught.value.happened.startswith("f:3:5: ")
    assert words in f"{caught.value.happened} {caught.value.next_step}"


def test_a_secret_is_given_once() -> None:
    at_most_one({"a": "x", "a_file": "", "b_file": "y"}, HERE)
    with pytest.raises(PackProblem, match="stand together"):
        at_most_one({"a": "x", "a_file": "y"}, HERE)
