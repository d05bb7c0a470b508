"""WeChat Work: an access token is asked for first, kept while it lives, and renewed when it is refused."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson

from tocsin.connectors.http_config import headers_of, outbound_of, secret_in
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.receivers.posting import demand, receipt_of
from tocsin.connectors.rendered import shortened, subject_of, text_in
from tocsin.connectors.secret import Secret
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

TOKEN_LIVES = timedelta(hours=1)
"""WeChat's tokens live two hours; from https://developer.work.weixin.qq.com/document/path/91039."""
LONGEST_TEXT = 2048
_TOKEN_REFUSED = (40014, 42001)


@dataclass(frozen=True, slots=True)
class WechatNotifier:
    """Tells `wechat_configs`."""

    clock: Clock
    outbound: Outbound | None = None
    _tokens: dict[tuple[str, str], tuple[Secret, datetime]] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Post once with a token that is known or asked for. Raises `DeliveryFailed`."""
        settings = integration.settings
        demand(settings, "api_url", "corp_id", "api_secret")
        http_config: Mapping[str, Any] = settings.get("http_config") or {}
        outbound = self.outbound or outbound_of(http_config)
        headers = {"Content-Type": "application/json", **headers_of(http_config)}
        token = self._token(settings, outbound, headers)
        asked = urlencode({"access_token": token.reveal()})
        url = f"{str(settings['api_url']).rstrip('/')}/message/send?{asked}"
        answer = outbound.post(url, content=_body(notification, settings), headers=headers)
        secrets = (token, secret_in(settings, "api_secret"))
        return receipt_of(answer, "WeChat", lambda told: self._verdict(told, settings), secrets)

    def _token(self, settings: Mapping[str, Any], outbound: Outbound, headers: Mapping[str, str]) -> Secret:
        name = (str(settings["api_url"]), str(settings["corp_id"]))
        with self._lock:
            known = self._tokens.get(name)
        if known is not None and known[1] > self.clock.now():
            return known[0]
        secret = secret_in(settings, "api_secret")
        asked = urlencode({"corpid": text_in(settings, "corp_id"), "corpsecret": secret.reveal()})
        answer = outbound.request("GET", f"{name[0].rstrip('/')}/gettoken?{asked}", headers=headers)
        receipt = receipt_of(answer, "WeChat", _token_in, (secret,))
        # The receipt's reference is cut for people; the token is taken from the answer itself.
        token = Secret(str(orjson.loads(answer.body)["access_token"]) if receipt.answer else "")
        with self._lock:
            self._tokens[name] = (token, self.clock.now() + TOKEN_LIVES)
        return token

    def _verdict(self, told: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
        code = told.get("errcode")
        if code in _TOKEN_REFUSED:
            with self._lock:
                self._tokens.pop((str(settings["api_url"]), str(settings["corp_id"])), None)
            reason = "WeChat refused the access token; a new one is asked for"
            raise DeliveryFailed(FailureKind.RETRY_LATER, reason, status=200)
        if code != 0:
            raise ValueError(f"error {code}: {told.get('errmsg', 'its answer is not its JSON')}")
        return str(told.get("msgid", ""))


def build_notifier(clock: Clock) -> WechatNotifier:
    """Return the notifier of `wechat_configs`."""
    return WechatNotifier(clock)


def _token_in(told: Mapping[str, Any]) -> str:
    if told.get("errcode", 0) != 0 or not isinstance(told.get("access_token"), str):
        raise ValueError(f"error {told.get('errcode')}: {told.get('errmsg', 'no token')}")
    return "a token"


def _body(notification: Notification, settings: Mapping[str, Any]) -> bytes:
    kind = "markdown" if settings.get("message_type") == "markdown" else "text"
    text = shortened(text_in(settings, "message", subject_of(notification)), LONGEST_TEXT)
    receivers = {"touser": "to_user", "toparty": "to_party", "totag": "to_tag", "agentid": "agent_id"}
    return orjson.dumps(
        {
            **{name: text_in(settings, setting) for name, setting in receivers.items()},
            "safe": "0",
            "msgtype": kind,
            kind: {"content": text},
        }
    )
