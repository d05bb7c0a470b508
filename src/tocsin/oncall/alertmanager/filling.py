"""Fill the file's `global` defaults into an integration, and refuse one that lacks what it needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from tocsin.domain.pack_file import Located, PackProblem
from tocsin.oncall.alertmanager.http_options import DEFAULTS
from tocsin.oncall.alertmanager.kinds import KINDS, WITHOUT_HTTP

Settings = dict[str, Any]

GLOBAL_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "http_config": dict(DEFAULTS),
        "smtp_hello": "localhost",
        "smtp_require_tls": True,
        "pagerduty_url": "https://events.pagerduty.com/v2/enqueue",
        "opsgenie_api_url": "https://api.opsgenie.com/",
        "wechat_api_url": "https://qyapi.weixin.qq.com/cgi-bin/",
        "victorops_api_url": "https://alert.victorops.com/integrations/generic/20131114/alert/",
        "telegram_api_url": "https://api.telegram.org",
        "webex_api_url": "https://webexapis.com/v1/messages",
    }
)
PAGERDUTY_DETAILS: Mapping[str, str] = MappingProxyType(
    {
        "firing": '{{ template "pagerduty.default.instances" .Alerts.Firing }}',
        "resolved": '{{ template "pagerduty.default.instances" .Alerts.Resolved }}',
        "num_firing": "{{ .Alerts.Firing | len }}",
        "num_resolved": "{{ .Alerts.Resolved | len }}",
    }
)
# To each kind the pairs (own key, global key), one alternative a tuple: where none of the own keys of an
# alternative is set, the global ones take their place.
_INHERITED: Mapping[str, tuple[tuple[tuple[str, str], ...], ...]] = MappingProxyType(
    {
        "email": (
            (("smarthost", "smtp_smarthost"),),
            (("from", "smtp_from"),),
            (("hello", "smtp_hello"),),
            (("auth_username", "smtp_auth_username"),),
            (("auth_password", "smtp_auth_password"), ("auth_password_file", "smtp_auth_password_file")),
            (("auth_secret", "smtp_auth_secret"),),
            (("auth_identity", "smtp_auth_identity"),),
            (("require_tls", "smtp_require_tls"),),
            (("tls_config", "smtp_tls_config"),),
        ),
        "jira": ((("api_url", "jira_api_url"),),),
        "opsgenie": (
            (("api_url", "opsgenie_api_url"),),
            (("api_key", "opsgenie_api_key"), ("api_key_file", "opsgenie_api_key_file")),
        ),
        "pagerduty": ((("url", "pagerduty_url"),),),
        "rocketchat": (
            (("api_url", "rocketchat_api_url"),),
            (("token", "rocketchat_token"), ("token_file", "rocketchat_token_file")),
            (("token_id", "rocketchat_token_id"), ("token_id_file", "rocketchat_token_id_file")),
        ),
        "slack": ((("api_url", "slack_api_url"), ("api_url_file", "slack_api_url_file")),),
        "telegram": ((("api_url", "telegram_api_url"),),),
        "victorops": (
            (("api_url", "victorops_api_url"),),
            (("api_key", "victorops_api_key"), ("api_key_file", "victorops_api_key_file")),
        ),
        "webex": ((("api_url", "webex_api_url"),),),
        "wechat": (
            (("api_url", "wechat_api_url"),),
            (("api_secret", "wechat_api_secret"),),
            (("corp_id", "wechat_api_corp_id"),),
        ),
    }
)
# To each kind what must be there in the end, one alternative a tuple.
_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "discord": (("webhook_url", "webhook_url_file"),),
        "email": (("to",), ("smarthost",), ("from",)),
        "jira": (("api_url",), ("project",), ("issue_type",)),
        "msteams": (("webhook_url", "webhook_url_file"),),
        "msteamsv2": (("webhook_url", "webhook_url_file"),),
        "opsgenie": (("api_url",), ("api_key", "api_key_file")),
        "pagerduty": (("routing_key", "routing_key_file", "service_key", "service_key_file"), ("url",)),
        "pushover": (("user_key", "user_key_file"), ("token", "token_file")),
        "rocketchat": (("token", "token_file"), ("token_id", "token_id_file"), ("api_url",)),
        "slack": (("api_url", "api_url_file"),),
        "telegram": (("bot_token", "bot_token_file"), ("chat_id",)),
        "victorops": (("routing_key",), ("api_url",), ("api_key", "api_key_file")),
        "webex": (("room_id",), ("api_url",)),
        "webhook": (("url", "url_file"),),
        "wechat": (("api_url",), ("api_secret",), ("corp_id",)),
    }
)
_RESPONDERS = ("team", "teams", "user", "escalation", "schedule")
_PARSE_MODES = ("", "Markdown", "MarkdownV2", "HTML")
_RESERVED = frozenset(
    [
        "routing_key",
        "message_type",
        "state_message",
        "entity_display_name",
        "monitoring_tool",
        "entity_id",
        "entity_state",
    ]
)


def filled(kind: str, own: Mapping[str, Any], globals_: Mapping[str, Any], written: Located) -> Settings:
    """Return an integration's settings with everything it inherits.

    `own` is what stands in the file; `send_resolved` is no setting and left out. Raises `PackProblem` at
    `written` for what is missing or must not stand together.
    """
    at_most_one(own, written)
    settings = {**KINDS[kind].defaults, **own}
    settings.pop("send_resolved", None)
    for pairs in _INHERITED.get(kind, ()):
        if not any(_is_set(settings, name) for name, _ in pairs):
            settings |= {name: globals_[other] for name, other in pairs if globals_.get(other) is not None}
    if kind not in WITHOUT_HTTP and "http_config" not in settings:
        settings["http_config"] = globals_["http_config"]
    for names in _NEEDED.get(kind, ()):
        if not any(_is_set(settings, name) for name in names):
            raise _missing(kind, names, written)
    return _RULES[kind](settings, own, written) if kind in _RULES else settings


def at_most_one(own: Mapping[str, Any], written: Located) -> None:
    """Refuse a secret that is given both inline and as a file. Raises `PackProblem`."""
    for name in own:
        if own.get(name) and own.get(f"{name}_file"):
            raise written.problem(f"{name} and {name}_file stand together.", "Keep one of the two.")


def _is_set(settings: Mapping[str, Any], name: str) -> bool:
    """A boolean is set also when it is false."""
    value = settings.get(name)
    return isinstance(value, bool) or bool(value)


def _missing(kind: str, names: Iterable[str], written: Located) -> PackProblem:
    *others, last = names
    words = f"{', '.join(others)} or {last}" if others else last
    globals_ = [
        other for pairs in _INHERITED.get(kind, ()) for name, other in pairs if name == last or name in others
    ]
    hint = f", or {' or '.join(globals_)} under global" if globals_ else ""
    return written.problem(f"this {kind} integration has no {words}.", f"Add {words} here{hint}.")


def _email(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    headers: dict[str, str] = {}
    for name, value in settings["headers"].items():
        usual = _header_name(name)
        if usual in headers:
            raise written.problem(f"the header {usual} stands here twice.", "Keep one of them.")
        headers[usual] = value
    return {**settings, "headers": headers}


def _header_name(name: str) -> str:
    return "-".join(part[:1].upper() + part[1:].lower() for part in name.split("-"))


def _opsgenie(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    responders = []
    for each in settings.get("responders", ()):
        if not any(each.get(name) for name in ("id", "name", "username")):
            raise written.problem("a responder has neither id, name nor username.", "Add one of them.")
        kind = each.get("type", "")
        if "{{" not in kind and kind.lower() not in _RESPONDERS:
            raise written.problem(
                f"`{kind}` is no type of responder.", f"Use one of: {', '.join(_RESPONDERS)}."
            )
        responders.append(each if "{{" in kind else {**each, "type": kind.lower()})
    ended = settings | {"api_url": _ended(settings["api_url"])}
    return ended | {"responders": tuple(responders)} if responders else ended


def _ended(url: str) -> str:
    """Return an address whose path ends with a slash."""
    return url if re.search(r"/(?:[?#].*)?$", url.partition("://")[2]) else f"{url}/"


def _pagerduty(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    details = {**PAGERDUTY_DETAILS, **settings.get("details", {})}
    return settings | {"source": settings.get("source") or settings["client"], "details": details}


def _slack(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    for each in settings.get("fields", ()):
        if not each.get("title") or not each.get("value"):
            raise written.problem("a field lacks its title or its value.", "Add both.")
    for each in settings.get("actions", ()):
        if not each.get("type") or not each.get("text") or not (each.get("url") or each.get("name")):
            raise written.problem(
                "an action lacks its type, its text, or both of url and name.", "Add what is missing."
            )
        if each.get("confirm") is not None and not each["confirm"].get("text"):
            raise written.problem("a confirmation has no text.", "Add its text.")
    return settings


def _sns(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    given = [name for name in ("target_arn", "topic_arn", "phone_number") if settings.get(name)]
    if len(given) != 1:
        raise written.problem(
            "an sns integration needs exactly one of target_arn, topic_arn and phone_number.", "Keep one."
        )
    return settings


def _telegram(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    if settings["parse_mode"] not in _PARSE_MODES:
        raise written.problem("the parse_mode is not known.", "Use Markdown, MarkdownV2 or HTML.")
    return settings


def _victorops(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    if taken := sorted(_RESERVED & settings.get("custom_fields", {}).keys()):
        raise written.problem(f"the custom field {taken[0]} has a meaning already.", "Rename it.")
    return settings | {"api_url": _ended(settings["api_url"])}


def _webex(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    if "authorization" not in own.get("http_config", {}):
        raise written.problem(
            "a webex integration needs its own http_config with authorization.", "Add the bot's token there."
        )
    return settings


def _wechat(settings: Settings, own: Mapping[str, Any], written: Located) -> Settings:
    if (settings["message_type"] or "text") not in ("text", "markdown"):
        raise written.problem("the message_type is not known.", "Use text or markdown.")
    ended = _ended(settings["api_url"])
    return settings | {"api_url": ended, "message_type": settings["message_type"] or "text"}


_Rule = Callable[[Settings, Mapping[str, Any], Located], Settings]
_RULES: Mapping[str, _Rule] = MappingProxyType(
    {
        "email": _email,
        "opsgenie": _opsgenie,
        "pagerduty": _pagerduty,
        "slack": _slack,
        "sns": _sns,
        "telegram": _telegram,
        "victorops": _victorops,
        "webex": _webex,
        "wechat": _wechat,
    }
)
