"""Every kind of integration that a receiver may have: its keys, and what holds where they are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tocsin.oncall.alertmanager.fields import (
    Field,
    Secrecy,
    count,
    flag,
    free,
    go_length,
    host_port,
    length,
    secret_url,
    struct,
    structs,
    text_map,
    texts,
    url,
    whole,
)
from tocsin.oncall.alertmanager.http_options import HIDDEN, HTTP, SIGV4, TEXT, TLS

FLAG = Field(read=flag)
URL = Field(read=url)
SECRET_URL = Field(read=secret_url, secrecy=Secrecy.HIDDEN)
MAP = Field(read=text_map)
GO_LENGTH = Field(read=go_length)
LENGTH = Field(read=length)

OPSGENIE_ENDS = "2027-04-05"
"""When Opsgenie's API ends, by Atlassian's announcement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind: `fields` are its own keys (`send_resolved` is everybody's), `defaults` their values else.

    `remark` is what a person should know who takes such an integration over; empty where all is as before.
    """

    send_resolved: bool
    fields: Mapping[str, Field]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""


def _texts(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, TEXT)


def _shipped(kind: str, *names: str, **renamed: str) -> dict[str, str]:
    """Return the shipped template of each key: `title` gets `{{ template "slack.default.title" . }}`."""
    named = {**dict.fromkeys(names), **renamed}
    return {key: f'{{{{ template "{kind}.default.{name or key}" . }}}}' for key, name in named.items()}


def _unsent(partner: str) -> str:
    return f"Tocsin cannot send to {partner}; nothing will be told through it."


_SHORT_FIELD = {**_texts("title", "value"), "short": FLAG}
_CHAT = {
    **_texts("channel", "color", "title", "title_link", "text", "icon_url", "image_url", "thumb_url"),
    "short_fields": FLAG,
    "link_names": FLAG,
    "fields": structs(_SHORT_FIELD),
}
_SLACK = {
    "api_url": SECRET_URL,
    **_CHAT,
    **_texts("api_url_file", "username", "pretext", "footer", "fallback", "callback_id", "icon_emoji"),
    "mrkdwn_in": Field(read=texts),
    "actions": structs(
        {
            **_texts("type", "text", "url", "style", "name", "value"),
            "confirm": struct(_texts("text", "title", "ok_text", "dismiss_text")),
        }
    ),
}
_PAGERDUTY = {
    "service_key": HIDDEN,
    "routing_key": HIDDEN,
    "url": URL,
    "details": MAP,
    "images": structs(_texts("src", "alt", "href")),
    "links": structs(_texts("href", "text")),
    **_texts("service_key_file", "routing_key_file", "client", "client_url", "description", "source"),
    **_texts("severity", "class", "component", "group"),
}
_EMAIL = {
    **_texts("to", "from", "hello", "auth_username", "auth_password_file", "auth_identity", "html", "text"),
    "smarthost": Field(read=host_port),
    "auth_password": HIDDEN,
    "auth_secret": HIDDEN,
    "headers": MAP,
    "require_tls": Field(read=lambda written: None if written.is_null else flag(written)),
    "tls_config": TLS,
}
_OPSGENIE = {
    "api_key": HIDDEN,
    "api_url": URL,
    "details": MAP,
    "responders": structs(_texts("id", "name", "username", "type")),
    "update_alerts": FLAG,
    **_texts("api_key_file", "message", "description", "source", "entity", "actions", "tags", "note"),
    **_texts("priority"),
}
_PUSHOVER = {
    "user_key": HIDDEN,
    "token": HIDDEN,
    **_texts("user_key_file", "token_file", "title", "message", "url", "url_title", "device", "sound"),
    **_texts("priority"),
    **dict.fromkeys(("retry", "expire", "ttl"), GO_LENGTH),
    "html": FLAG,
    "monospace": FLAG,
}
_JIRA = {
    "api_url": URL,
    **_texts("project", "summary", "description", "priority", "issue_type", "reopen_transition"),
    **_texts("resolve_transition", "wont_fix_resolution"),
    "labels": Field(read=texts),
    "reopen_duration": LENGTH,
    "fields": Field(read=free),
}
_ROCKETCHAT = {
    "api_url": URL,
    "token_id": HIDDEN,
    "token": HIDDEN,
    **_CHAT,
    **_texts("token_id_file", "token_file", "emoji"),
    "actions": structs(_texts("type", "text", "url", "msg")),
}
_SNS = {
    **_texts("api_url", "topic_arn", "phone_number", "target_arn", "subject", "message"),
    "sigv4": SIGV4,
    "attributes": MAP,
}

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "discord": Kind(
            send_resolved=True,
            fields={
                "webhook_url": SECRET_URL,
                **_texts("webhook_url_file", "title", "message", "content", "username", "avatar_url"),
            },
            defaults=_shipped("discord", "title", "message"),
        ),
        "email": Kind(
            send_resolved=False,
            fields=_EMAIL,
            defaults={**_shipped("email", "html"), "text": "", "headers": {}, "tls_config": {}},
        ),
        "jira": Kind(
            send_resolved=True,
            fields=_JIRA,
            defaults=_shipped("jira", "summary", "description", "priority"),
        ),
        "msteams": Kind(
            send_resolved=True,
            fields={"webhook_url": SECRET_URL, **_texts("webhook_url_file", "title", "summary", "text")},
            defaults=_shipped("msteams", "title", "summary", "text"),
        ),
        "msteamsv2": Kind(
            send_resolved=True,
            fields={"webhook_url": SECRET_URL, **_texts("webhook_url_file", "title", "text")},
            defaults=_shipped("msteamsv2", "title", "text"),
        ),
        "opsgenie": Kind(
            send_resolved=True,
            fields=_OPSGENIE,
            defaults=_shipped("opsgenie", "message", "description", "source"),
            remark=(
                f"Opsgenie's API ends on {OPSGENIE_ENDS}: this is sent through Jira Service Management, "
                "whose connector must be set up."
            ),
        ),
        "pagerduty": Kind(
            send_resolved=True,
            fields=_PAGERDUTY,
            defaults=_shipped("pagerduty", "description", "client", client_url="clientURL"),
        ),
        "pushover": Kind(
            send_resolved=True,
            fields=_PUSHOVER,
            defaults={
                **_shipped("pushover", "title", "message", "url"),
                "priority": '{{ if eq .Status "firing" }}2{{ else }}0{{ end }}',
                "retry": "1m",
                "expire": "1h",
            },
        ),
        "rocketchat": Kind(
            send_resolved=False,
            fields=_ROCKETCHAT,
            defaults={
                "color": '{{ if eq .Status "firing" }}red{{ else }}green{{ end }}',
                **_shipped(
                    "rocketchat", "emoji", "title", "text", icon_url="iconurl", title_link="titlelink"
                ),
            },
            remark=_unsent("Rocket.Chat"),
        ),
        "slack": Kind(
            send_resolved=False,
            fields=_SLACK,
            defaults={
                "color": '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}',
                **_shipped("slack", "username", "title", "pretext", "text", "fallback", "footer"),
                **_shipped("slack", title_link="titlelink", icon_emoji="iconemoji", icon_url="iconurl"),
                **_shipped("slack", callback_id="callbackid"),
            },
        ),
        "sns": Kind(
            send_resolved=True,
            fields=_SNS,
            defaults={**_shipped("sns", "subject", "message"), "sigv4": {}},
        ),
        "telegram": Kind(
            send_resolved=True,
            fields={
                "api_url": URL,
                "bot_token": HIDDEN,
                "chat_id": Field(read=whole),
                "message_thread_id": Field(read=whole),
                "disable_notifications": FLAG,
                **_texts("bot_token_file", "message", "parse_mode"),
            },
            defaults={**_shipped("telegram", "message"), "parse_mode": "HTML"},
        ),
        "victorops": Kind(
            send_resolved=True,
            fields={
                "api_key": HIDDEN,
                "api_url": URL,
                "custom_fields": MAP,
                **_texts("api_key_file", "routing_key", "message_type", "state_message"),
                **_texts("entity_display_name", "monitoring_tool"),
            },
            defaults={
                "message_type": "CRITICAL",
                **_shipped("victorops", "state_message", "entity_display_name", "monitoring_tool"),
            },
        ),
        "webex": Kind(
            send_resolved=True,
            fields={"api_url": URL, **_texts("message", "room_id")},
            defaults=_shipped("webex", "message"),
        ),
        "webhook": Kind(
            send_resolved=True,
            fields={
                # Shown by host only: who reads our configuration with an older amtool needs an address.
                "url": Field(read=secret_url, secrecy=Secrecy.HOST),
                "url_file": TEXT,
                "max_alerts": Field(read=count),
                "timeout": LENGTH,
            },
            defaults={"max_alerts": 0},
        ),
        "wechat": Kind(
            send_resolved=False,
            fields={
                "api_secret": HIDDEN,
                "api_url": URL,
                **_texts("corp_id", "message", "to_user", "to_party", "to_tag", "agent_id", "message_type"),
            },
            defaults={
                **_shipped("wechat", "message", "to_user", "to_party", "to_tag", "agent_id"),
                "message_type": "text",
            },
        ),
    }
)
"""The kinds of Alertmanager 0.25 to 0.28, by the key without `_configs`."""

WITHOUT_HTTP = frozenset(("email",))
"""Kinds that know no `http_config`."""

GLOBAL: Mapping[str, Field] = MappingProxyType(
    {
        "resolve_timeout": LENGTH,
        "http_config": HTTP,
        "smtp_smarthost": Field(read=host_port),
        "smtp_auth_password": HIDDEN,
        "smtp_auth_secret": HIDDEN,
        "smtp_require_tls": FLAG,
        "smtp_tls_config": TLS,
        "slack_api_url": SECRET_URL,
        "opsgenie_api_key": HIDDEN,
        "victorops_api_key": HIDDEN,
        "wechat_api_secret": HIDDEN,
        "rocketchat_token": HIDDEN,
        "rocketchat_token_id": HIDDEN,
        **dict.fromkeys(
            (
                "pagerduty_url",
                "opsgenie_api_url",
                "wechat_api_url",
                "victorops_api_url",
                "telegram_api_url",
                "webex_api_url",
                "jira_api_url",
                "rocketchat_api_url",
            ),
            URL,
        ),
        **_texts("smtp_from", "smtp_hello", "smtp_auth_username", "smtp_auth_password_file"),
        **_texts("smtp_auth_identity", "slack_api_url_file", "opsgenie_api_key_file"),
        **_texts("victorops_api_key_file", "wechat_api_corp_id", "rocketchat_token_file"),
        **_texts("rocketchat_token_id_file"),
    }
)
"""The keys of `global`."""


def fields_of(kind: str) -> Mapping[str, Field]:
    """Return every key that an integration of this kind may have."""
    http = {} if kind in WITHOUT_HTTP else {"http_config": HTTP}
    return {"send_resolved": FLAG, **http, **KINDS[kind].fields}
