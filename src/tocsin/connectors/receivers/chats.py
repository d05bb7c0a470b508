"""Discord, Pushover, Telegram, VictorOps and Webex: each is what is posted and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tocsin.connectors.http_config import secret_in
from tocsin.connectors.receivers.posting import Post, PostingNotifier, demand
from tocsin.connectors.rendered import group_digest, shortened, subject_of, text_in
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Notification

# The limits are Alertmanager's own (notify/*.go) and, where it has none, the partner's.
DISCORD_TITLE, DISCORD_TEXT = 256, 2000
DISCORD_RED, DISCORD_GREEN = 0x992D22, 0x2ECC71
PUSHOVER_TITLE, PUSHOVER_TEXT, PUSHOVER_URL, PUSHOVER_URL_TITLE = 250, 1024, 512, 100
PUSHOVER_API = "https://api.pushover.net/1/messages.json"
TELEGRAM_TEXT = 4096
VICTOROPS_TEXT = 20_480
WEBEX_TEXT = 7439
_MESSAGE_TYPES = {"INFO", "WARNING", "CRITICAL"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def discord(clock: Clock) -> PostingNotifier:
    """Return the notifier of `discord_configs`."""
    return PostingNotifier("Discord", _discord)


def pushover(clock: Clock) -> PostingNotifier:
    """Return the notifier of `pushover_configs`."""
    return PostingNotifier("Pushover", _pushover, _by_pushover)


def telegram(clock: Clock) -> PostingNotifier:
    """Return the notifier of `telegram_configs`."""
    return PostingNotifier("Telegram", _telegram, _by_telegram)


def victorops(clock: Clock) -> PostingNotifier:
    """Return the notifier of `victorops_configs`."""
    return PostingNotifier("VictorOps", _victorops, _by_victorops)


def webex(clock: Clock) -> PostingNotifier:
    """Return the notifier of `webex_configs`; who we are stands in its `http_config`."""
    return PostingNotifier("Webex", _webex, _by_webex)


def _discord(notification: Notification, settings: Mapping[str, Any]) -> Post:
    url = secret_in(settings, "webhook_url")
    embed = {
        "title": shortened(text_in(settings, "title", subject_of(notification)), DISCORD_TITLE),
        "description": shortened(text_in(settings, "message"), DISCORD_TEXT),
        "color": DISCORD_RED if notification.is_firing else DISCORD_GREEN,
    }
    payload: dict[str, Any] = {
        "content": shortened(text_in(settings, "content"), DISCORD_TEXT),
        "embeds": [embed],
    }
    payload |= {name: text for name in ("username", "avatar_url") if (text := text_in(settings, name))}
    return Post(url.reveal(), orjson.dumps(payload), secrets=(url,))


def _pushover(notification: Notification, settings: Mapping[str, Any]) -> Post:
    token, user = secret_in(settings, "token"), secret_in(settings, "user_key")
    message = shortened(text_in(settings, "message").strip(), PUSHOVER_TEXT) or "(no details)"
    form = {
        "token": token.reveal(),
        "user": user.reveal(),
        "title": shortened(text_in(settings, "title", subject_of(notification)), PUSHOVER_TITLE),
        "message": message,
        "url": text_in(settings, "url")[:PUSHOVER_URL],
        "url_title": shortened(text_in(settings, "url_title"), PUSHOVER_URL_TITLE),
        "priority": text_in(settings, "priority", "2" if notification.is_firing else "0"),
        "retry": _seconds(settings.get("retry"), 60),
        "expire": _seconds(settings.get("expire"), 3600),
        "timestamp": str(int(notification.at.timestamp())),
        **{name: text_in(settings, name) for name in ("device", "sound")},
        **({"html": "1"} if settings.get("html") else {}),
        **({"ttl": _seconds(settings["ttl"], 0)} if settings.get("ttl") else {}),
    }
    body = urlencode({name: text for name, text in form.items() if text}, errors="replace").encode("ascii")
    return Post(text_in(settings, "api_url", PUSHOVER_API), body, _FORM, (token, user))


def _telegram(notification: Notification, settings: Mapping[str, Any]) -> Post:
    demand(settings, "chat_id", "api_url")
    token = secret_in(settings, "bot_token")
    payload: dict[str, Any] = {
        "chat_id": settings["chat_id"],
        "text": shortened(text_in(settings, "message", subject_of(notification)), TELEGRAM_TEXT),
        "disable_notification": bool(settings.get("disable_notifications")),
    }
    if settings.get("parse_mode"):
        payload["parse_mode"] = settings["parse_mode"]
    if settings.get("message_thread_id"):
        payload["message_thread_id"] = settings["message_thread_id"]
    url = f"{str(settings['api_url']).rstrip('/')}/bot{quote(token.reveal(), safe=':')}/sendMessage"
    return Post(url, orjson.dumps(payload), secrets=(token,))


def _victorops(notification: Notification, settings: Mapping[str, Any]) -> Post:
    demand(settings, "api_url", "routing_key")
    key = secret_in(settings, "api_key")
    kind = text_in(settings, "message_type", "CRITICAL").upper()
    if not notification.is_firing:
        kind = "RECOVERY"
    elif kind not in _MESSAGE_TYPES:
        kind = "CRITICAL"
    payload = {
        **{str(name): str(text) for name, text in (settings.get("custom_fields") or {}).items()},
        "message_type": kind,
        "entity_id": group_digest(notification),
        "entity_display_name": text_in(settings, "entity_display_name", subject_of(notification)),
        "state_message": shortened(text_in(settings, "state_message"), VICTOROPS_TEXT),
        "monitoring_tool": text_in(settings, "monitoring_tool", "Alertmanager"),
    }
    route = quote(text_in(settings, "routing_key"), safe="")
    url = f"{str(settings['api_url']).rstrip('/')}/{quote(key.reveal(), safe='')}/{route}"
    return Post(url, orjson.dumps(payload), secrets=(key,))


def _webex(notification: Notification, settings: Mapping[str, Any]) -> Post:
    demand(settings, "api_url", "room_id")
    text = shortened(text_in(settings, "message", subject_of(notification)), WEBEX_TEXT)
    payload = {"markdown": text, "roomId": text_in(settings, "room_id")}
    return Post(str(settings["api_url"]), orjson.dumps(payload))


def _by_pushover(told: Mapping[str, Any]) -> str:
    if told.get("status") != 1:
        raise ValueError(", ".join(map(str, told.get("errors") or ["its answer is not Pushover's JSON"])))
    return str(told.get("request", ""))


def _by_telegram(told: Mapping[str, Any]) -> str:
    """Alertmanager itself ends its whole process here when `result` is missing."""
    result = told.get("result")
    if told.get("ok") is not True or not isinstance(result, dict) or "message_id" not in result:
        raise ValueError(str(told.get("description") or "its answer has no result"))
    return str(result["message_id"])


def _by_victorops(told: Mapping[str, Any]) -> str:
    if told.get("result", "success") != "success":
        raise ValueError(str(told.get("messages") or told.get("message") or "its result is no success"))
    return str(told.get("entity_id", ""))


def _by_webex(told: Mapping[str, Any]) -> str:
    if not isinstance(told.get("id"), str):
        raise ValueError("its answer has no id")
    return str(told["id"])


def _seconds(given: Any, otherwise: int) -> str:
    """Return a length as whole seconds; it was read from the file as a `timedelta` or stands as `1m`."""
    if given is None:
        return str(otherwise)
    if hasattr(given, "total_seconds"):
        return str(int(given.total_seconds()))
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400}
    number, unit = str(given)[:-1], str(given)[-1:]
    return str(int(number) * units[unit]) if number.isdecimal() and unit in units else str(otherwise)
