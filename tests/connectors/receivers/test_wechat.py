"""WeChat: a token first, used while it lives, and asked for anew when it is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from http_partner import HttpPartner, Received, Reply, http_partner
from nouns import NOON, an_alert
from tocsin.connectors.outbound import Outbound
from tocsin.connectors.receivers.wechat import WechatNotifier, build_notifier
from tocsin.domain.clock import PushedClock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind

TOLD = Notification(
    key="n1",
    group_key="g",
    receiver="ops",
    at=NOON,
    alerts=(an_alert(),),
    group_labels={"alertname": "DiskFull"},
    external_url="https://tocsin.example",
)


@dataclass
class FakeWechat(HttpPartner):
    """Gives tokens for one secret and takes messages with the last one."""

    secret: str = "a-very-secret-secret"
    given: list[str] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.answer

    def answer(self, got: Received) -> Reply:
        if got.method == "GET":
            if f"corpsecret={self.secret}" not in got.path:
                return 200, {}, b'{"errcode": 40001, "errmsg": "invalid credential"}'
            self.given.append(f"secret-token-{len(self.given)}")
            return 200, {}, json.dumps({"errcode": 0, "access_token": self.given[-1]}).encode()
        if not self.given or f"access_token={self.given[-1]}" not in got.path:
            return 200, {}, b'{"errcode": 42001, "errmsg": "access_token expired"}'
        self.messages.append(json.loads(got.body))
        return 200, {}, b'{"errcode": 0, "msgid": "m1"}'


@pytest.fixture
def wechat():
    fake = FakeWechat()
    with http_partner(fake):
        yield fake


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOON)


@pytest.fixture
def notifier(clock: PushedClock) -> WechatNotifier:
    return WechatNotifier(clock, Outbound(time_limit_s=20))


def integration(wechat: FakeWechat, **changes: Any) -> Integration:
    settings = {
        "api_url": f"{wechat.url}cgi-bin/",
        "corp_id": "c1",
        "api_secret": wechat.secret,
        "to_party": "2",
        "agent_id": "1000002",
        "message": "full",
    }
    return Integration(
        receiver="ops", kind="wechat", number=0, send_resolved=True, settings={**settings, **changes}
    )


def failure(notifier: WechatNotifier, told: Integration) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as failed:
        notifier.notify(TOLD, told)
    return failed.value


def test_a_token_is_asked_for_once_while_it_lives(
    notifier: WechatNotifier, wechat: FakeWechat, clock: PushedClock
) -> None:
    for _ in range(3):
        assert notifier.notify(TOLD, integration(wechat)).reference == "m1"
    assert len(wechat.given) == 1
    clock.push(timedelta(hours=1))
    notifier.notify(TOLD, integration(wechat, message_type="markdown"))
    assert len(wechat.given) == 2
    assert wechat.messages[0] == {
        "touser": "",
        "toparty": "2",
        "totag": "",
        "agentid": "1000002",
        "safe": "0",
        "msgtype": "text",
        "text": {"content": "full"},
    }
    assert wechat.messages[-1]["markdown"] == {"content": "full"}


def test_a_token_that_is_refused_is_asked_for_anew(notifier: WechatNotifier, wechat: FakeWechat) -> None:
    notifier.notify(TOLD, integration(wechat))
    wechat.given.append("another")
    assert failure(notifier, integration(wechat)).kind is FailureKind.RETRY_LATER
    assert notifier.notify(TOLD, integration(wechat)).answer


def test_a_secret_that_is_wrong_is_told_without_it(notifier: WechatNotifier, wechat: FakeWechat) -> None:
    failed = failure(notifier, integration(wechat, api_secret="another-secret"))
    assert "40001" in failed.reason
    assert "another-secret" not in failed.reason


def test_a_refusal_and_what_lacks_a_setting_are_told(notifier: WechatNotifier, wechat: FakeWechat) -> None:
    assert failure(notifier, integration(wechat, corp_id="")).kind is FailureKind.MISCONFIGURED
    notifier.notify(TOLD, integration(wechat))
    wechat.reply = lambda got: (200, {}, b'{"errcode": 81013, "errmsg": "nobody"}')
    assert "81013: nobody" in failure(notifier, integration(wechat)).reason


def test_the_manifest_names_a_maker(clock: PushedClock) -> None:
    assert "secret" not in repr(build_notifier(clock))
