"""Every source against every forgery: none of them is accepted, and each try stands in the log."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from slack_sdk.signature import SignatureVerifier
from standardwebhooks import Webhook
from starlette.testclient import TestClient

from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app, install
from tocsin.connectors.hook import Forged
from tocsin.connectors.sns import hook as sns_hook
from tocsin.domain.clock import PushedClock
from tocsin.domain.person import Role
from tocsin.process.asgi import build_asgi

NOW = datetime(2026, 11, 20, 20, 50, tzinfo=UTC)
NEW, OLD, OTHER = "current-secret-0001", "retired-secret-0002", "somebody-elses-0003"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:aiconnectors-alarms-prod"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-test.pem"


def whsec(secret: str) -> str:
    return "whsec_" + base64.b64encode(secret.encode().ljust(24, b"x")).decode()


SETTINGS = {
    "TOCSIN_PAGERDUTY_SECRETS": f"{NEW},{OLD}",
    "TOCSIN_EVENTS_V2_KEYS": f"{NEW},{OLD}",
    "TOCSIN_OPSGENIE_KEYS": f"{NEW},{OLD}",
    "TOCSIN_SENTRY_SECRETS": f"{NEW},{OLD}",
    "TOCSIN_GITHUB_SECRETS": f"{NEW},{OLD}",
    "TOCSIN_SLACK_SIGNING_SECRETS": f"{NEW},{OLD}",
    "TOCSIN_WEBHOOK_IN_SECRETS": f"{whsec(NEW)},{whsec(OLD)}",
    "TOCSIN_GUARDDUTY_SECRETS": f"{NEW},{OLD}",
    "TOCSIN_EDGEDELTA_TOKENS": f"{NEW},{OLD}",
    "TOCSIN_GENERIC_TOKENS": f"{NEW},{OLD}",
    "TOCSIN_MAIL_KEYS": f"{NEW},{OLD}",
    "TOCSIN_SNS_TOPICS": TOPIC,
}


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    source: str


def _hex(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _json(found: Any) -> bytes:
    # Spaces as no serialiser of ours writes them: a body that was parsed and written again differs.
    return json.dumps(found, separators=(" ,", " : "), ensure_ascii=False).encode()


def pagerduty(secret: str, at: datetime) -> Sent:
    event = {
        "id": "5ac64822-4adc",
        "event_type": "incident.triggered",
        "occurred_at": at.isoformat(),
        "data": {"id": "PGR0VU2", "title": "A bump in the road é", "urgency": "high", "status": "triggered"},
    }
    body = _json({"event": event})
    return Sent("/hooks/pagerduty", body, {"X-PagerDuty-Signature": f"v1={_hex(secret, body)}"}, "pagerduty")


def sentry(secret: str, at: datetime) -> Sent:
    body = _json(
        {"action": "triggered", "data": {"event": {"issue_id": "117", "title": "é", "level": "error"}}}
    )
    headers = {
        "Sentry-Hook-Resource": "event_alert",
        "Sentry-Hook-Timestamp": str(int(at.timestamp())),
        "Sentry-Hook-Signature": _hex(secret, body),
        "Request-ID": "a8e5d37a",
    }
    return Sent("/hooks/sentry", body, headers, "sentry")


def github(secret: str, at: datetime) -> Sent:
    alert = {"number": 3, "secret_type": "aws_key", "created_at": at.isoformat()}
    body = _json({"action": "created", "alert": alert, "repository": {"full_name": "acme/shop"}})
    headers = {
        "X-GitHub-Event": "secret_scanning_alert",
        "X-GitHub-Delivery": "72d3162e",
        "X-Hub-Signature-256": f"sha256={_hex(secret, body)}",
    }
    return Sent("/hooks/github", body, headers, "github")


def slack(secret: str, at: datetime) -> Sent:
    body = b"team_id=T1&user_id=U1&user_name=eve&command=%2Ftocsin&text=ack+INC-1&trigger_id=13.37.abc"
    stamp = str(int(at.timestamp()))
    headers = {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={_hex(secret, f'v0:{stamp}:'.encode() + body)}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Sent("/hooks/slack", body, headers, "slack")


def standard_webhook(secret: str, at: datetime) -> Sent:
    body = _json({"status": "firing", "groupKey": "g", "title": "é is slow"})
    signature = Webhook(whsec(secret)).sign("msg_1", at, body.decode())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Sent("/hooks/webhook/grafana", body, headers, "webhook")


def guardduty(secret: str, at: datetime) -> Sent:
    detail = {
        "id": "eeb88ab5",
        "type": "Recon:EC2/PortProbe",
        "severity": 8,
        "updatedAt": at.isoformat(),
        "service": {"serviceName": "guardduty", "count": 1},
    }
    body = _json({"detail-type": "GuardDuty Finding", "id": "c8c4", "detail": detail})
    return Sent("/hooks/guardduty", body, {"X-Tocsin-Token": secret}, "guardduty")


def events_v2(secret: str, at: datetime) -> Sent:
    payload = {"summary": "é", "source": "db-1", "severity": "critical"}
    event = {"routing_key": secret, "event_action": "trigger", "dedup_key": "d1", "payload": payload}
    return Sent("/v2/enqueue", _json(event), {}, "events_v2")


def opsgenie(secret: str, at: datetime) -> Sent:
    body = _json({"message": "é is down", "alias": "a1", "priority": "P1"})
    return Sent("/opsgenie/v2/alerts", body, {"Authorization": f"GenieKey {secret}"}, "opsgenie")


def edgedelta(secret: str, at: datetime) -> Sent:
    body = _json({"id": "e1", "status": "alert", "title": "é", "metric": "m", "at": at.isoformat()})
    return Sent("/hooks/edgedelta", body, {"X-Tocsin-Token": secret}, "edgedelta")


def generic(secret: str, at: datetime) -> Sent:
    body = _json({"status": "firing", "groupKey": "g", "title": "é is slow"})
    return Sent("/hooks/generic/grafana", body, {"Authorization": f"Bearer {secret}"}, "generic")


def mail(secret: str, at: datetime) -> Sent:
    body = "Subject: Disk full\r\nMessage-ID: <1@nas>\r\n\r\né\r\n".encode()
    return Sent("/hooks/mail/nas", body, {"X-Tocsin-Token": secret}, "mail")


SIGNED = (pagerduty, sentry, github, slack, standard_webhook)
TIMED = (slack, standard_webhook)
TOKENS = (guardduty, events_v2, opsgenie, edgedelta, generic, mail)
SOURCES = (*SIGNED, *TOKENS)
SECRET_HEADERS = (
    *("x-pagerduty-signature", "sentry-hook-signature", "x-hub-signature-256", "x-slack-signature"),
    *("webhook-signature", "x-tocsin-token", "authorization"),
)
Make = Callable[[str, datetime], Sent]


def _without_proof(sent: Sent) -> Sent:
    headers = {name: text for name, text in sent.headers.items() if name.lower() not in SECRET_HEADERS}
    body = sent.body
    if sent.source == "events_v2":
        body = _json({name: text for name, text in orjson.loads(body).items() if name != "routing_key"})
    return replace(sent, headers=headers, body=body)


def _changed_proof(sent: Sent, change: Callable[[str], str]) -> Sent:
    headers = {
        name: change(text) if name.lower() in SECRET_HEADERS else text for name, text in sent.headers.items()
    }
    body = sent.body
    if sent.source == "events_v2":
        event = orjson.loads(body)
        body = _json(event | {"routing_key": change(event["routing_key"])})
    return replace(sent, headers=headers, body=body)


@pytest.fixture
def clock() -> PushedClock:
    return PushedClock(NOW)


@pytest.fixture
def app(sqlite_store, tmp_path: Path, clock: PushedClock) -> App:
    app = build_app(load_settings(SETTINGS, home=tmp_path / "home"), clock=clock, store=sqlite_store)
    install(app)
    return app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    client = TestClient(build_asgi(app), raise_server_exceptions=False, client=("203.0.113.9", 50000))
    yield client
    client.close()


def _post(client: TestClient, sent: Sent) -> Any:
    return client.post(sent.path, content=sent.body, headers=dict(sent.headers))


def _state(app: App) -> tuple[int, int, int]:
    """Return what must not change: alerts, incidents, what is set aside."""
    with app.store.reading() as shelves:
        return len(shelves.alerts.recent(1000)), shelves.incidents.count(), shelves.quarantine.count_waiting()


def _logged(app: App, kind: str) -> list[dict[str, Any]]:
    with app.store.reading() as shelves:
        entries = [orjson.loads(content) for content in shelves.log.waiting_contents()]
    return [entry for entry in entries if entry["kind"] == kind]


def _refused(client: TestClient, app: App, sent: Sent) -> None:
    before, told = _state(app), len(_logged(app, "intake.forged"))
    answer = _post(client, sent)
    assert answer.status_code in (401, 403), answer.text
    assert answer.json()["code"] == "forged"
    assert _state(app) == before
    logged = _logged(app, "intake.forged")
    assert len(logged) == told + 1
    facts = logged[-1]["facts"]
    assert (facts["connector"], facts["sender"]) == (sent.source, "203.0.113.9")
    for secret in (NEW, OLD, OTHER):
        assert secret not in answer.text
        assert secret not in str(logged[-1])


def _accepted(client: TestClient, app: App, sent: Sent) -> None:
    answer = _post(client, sent)
    assert answer.status_code in (200, 202), answer.text
    assert _logged(app, "intake.forged") == []


@pytest.mark.parametrize("make", SOURCES)
def test_a_true_body_is_accepted(client, app, make: Make) -> None:
    _accepted(client, app, make(NEW, NOW))
    assert _state(app)[2] == 0
    assert (_state(app)[0] == 1) is (make is not slack)


@pytest.mark.parametrize("make", SOURCES)
def test_without_its_proof_it_is_refused(client, app, make: Make) -> None:
    _refused(client, app, _without_proof(make(NEW, NOW)))


@pytest.mark.parametrize("make", SOURCES)
def test_with_a_wrong_proof_it_is_refused(client, app, make: Make) -> None:
    _refused(client, app, _changed_proof(make(NEW, NOW), lambda text: text[:-4] + "0000"))


@pytest.mark.parametrize("make", SOURCES)
def test_with_a_truncated_proof_it_is_refused(client, app, make: Make) -> None:
    _refused(client, app, _changed_proof(make(NEW, NOW), lambda text: text[:-5]))


@pytest.mark.parametrize("make", SIGNED)
def test_a_truncated_body_is_refused(client, app, make: Make) -> None:
    sent = make(NEW, NOW)
    _refused(client, app, replace(sent, body=sent.body[:-2]))


@pytest.mark.parametrize("make", SOURCES)
def test_somebody_elses_secret_is_refused(client, app, make: Make) -> None:
    _refused(client, app, make(OTHER, NOW))


@pytest.mark.parametrize("make", [make for make in SIGNED if make is not slack])
def test_a_body_that_was_parsed_and_written_again_is_refused(client, app, make: Make) -> None:
    sent = make(NEW, NOW)
    _refused(client, app, replace(sent, body=orjson.dumps(orjson.loads(sent.body))))


@pytest.mark.parametrize("make", SOURCES)
def test_a_replay_changes_nothing(client, app, make: Make) -> None:
    _accepted(client, app, make(NEW, NOW))
    before = _state(app)
    _accepted(client, app, make(NEW, NOW))
    assert _state(app) == before


@pytest.mark.parametrize("make", SIGNED)
def test_a_replay_under_another_name_changes_nothing_either(client, app, make: Make) -> None:
    sent = make(NEW, NOW)
    _accepted(client, app, sent)
    before = _state(app)
    unsigned = {"x-github-delivery", "request-id", "x-webhook-id", "sentry-hook-timestamp"}
    headers = {name: "1" if name.lower() in unsigned else text for name, text in sent.headers.items()}
    _accepted(client, app, replace(sent, headers=headers))
    assert _state(app) == before
    assert len(_logged(app, "intake.refused")) == (2 if make is slack else 1)


@pytest.mark.parametrize("make", TIMED)
@pytest.mark.parametrize("seconds", [301, -301])
def test_a_signed_time_more_than_five_minutes_off_is_refused(client, app, clock, make: Make, seconds) -> None:
    _refused(client, app, make(NEW, NOW - timedelta(seconds=seconds)))


@pytest.mark.parametrize("make", [make for make in SOURCES if make not in TIMED])
def test_a_replay_after_five_minutes_changes_nothing(client, app, clock, make: Make) -> None:
    sent = make(NEW, NOW)
    _accepted(client, app, sent)
    before = _state(app)
    clock.push(timedelta(minutes=6))
    _accepted(client, app, sent)
    assert _state(app) == before


@pytest.mark.parametrize("make", SIGNED)
def test_an_unsigned_replay_after_three_days_changes_nothing(client, app, clock, make: Make) -> None:
    sent = make(NEW, NOW)
    _accepted(client, app, sent)
    before = _state(app)
    clock.push(timedelta(hours=73))
    if make in TIMED:
        _refused(client, app, sent)
    else:
        _accepted(client, app, sent)
        assert _state(app) == before


@pytest.mark.parametrize("make", SOURCES)
def test_the_old_secret_still_opens_and_its_use_is_counted(client, app, make: Make) -> None:
    _accepted(client, app, make(OLD, NOW))
    (use,) = app.hearing.hooks.old_uses()
    assert (use.times, use.last) == (1, NOW)
    _accepted(client, app, make(NEW, NOW))
    assert len(app.hearing.hooks.old_uses()) == 1


def test_several_signatures_of_pagerduty_are_enough_if_one_is_right(client, app) -> None:
    sent = pagerduty(NEW, NOW)
    other = pagerduty(OTHER, NOW).headers["X-PagerDuty-Signature"]
    both = f"{other},{sent.headers['X-PagerDuty-Signature']}"
    _accepted(client, app, replace(sent, headers={"X-PagerDuty-Signature": both}))


def test_a_flood_of_forgeries_is_one_entry_and_then_one_sum_a_minute(client, app, clock) -> None:
    for _ in range(50):
        assert _post(client, github(OTHER, NOW)).status_code == 401
    assert len(_logged(app, "intake.forged")) == 1
    clock.push(timedelta(minutes=1))
    app.hearing.hooks.forgeries.write_sums()
    app.hearing.hooks.forgeries.write_sums()
    assert [entry["facts"]["times"] for entry in _logged(app, "intake.forged")] == ["1", "49"]


def test_slacks_own_verifier_agrees(clock) -> None:
    sent = slack(NEW, datetime.now(UTC))
    headers = dict(sent.headers)
    assert SignatureVerifier(NEW).is_valid_request(sent.body, headers)
    assert not SignatureVerifier(OTHER).is_valid_request(sent.body, headers)


@pytest.fixture(scope="module")
def signing_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class TestSns:
    """Amazon SNS: a certificate made here stands for AWS's, and no network is asked."""

    @pytest.fixture
    def key(self, signing_key: rsa.RSAPrivateKey) -> rsa.RSAPrivateKey:
        return signing_key

    @pytest.fixture
    def fetched(self, key, monkeypatch) -> list[str]:
        asked: list[str] = []

        def fetch(url: str) -> bytes:
            asked.append(url)
            return _certificate(key)

        monkeypatch.setattr(sns_hook.HOOK.certificates, "fetch", fetch)
        monkeypatch.setattr(sns_hook.HOOK.certificates, "_kept", {})
        return asked

    def _sent(self, message: Mapping[str, Any]) -> Sent:
        headers = {
            "x-amz-sns-message-type": str(message["Type"]),
            "Content-Type": "text/plain; charset=UTF-8",
        }
        return Sent("/hooks/sns", json.dumps(message).encode(), headers, "sns")

    @pytest.mark.parametrize("version", ["1", "2"])
    def test_both_versions_of_a_signature_are_accepted(self, client, app, key, fetched, version) -> None:
        _accepted(client, app, self._sent(_signed(_notification(), key, version)))
        assert _state(app)[:2] == (1, 1)
        assert fetched == [CERTIFICATE]

    def test_the_certificate_is_fetched_once(self, client, app, key, fetched) -> None:
        for number in range(3):
            _accepted(client, app, self._sent(_signed(_notification(MessageId=str(number)), key)))
        assert fetched == [CERTIFICATE]

    @pytest.mark.parametrize(
        "url",
        [
            "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
            "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
            "http://sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/x.pem",
            "https://eve@sns.eu-west-1.amazonaws.com/x.pem",
            "https://sns.eu-west-1.amazonaws.com/x.txt",
            "https://s3.eu-west-1.amazonaws.com/evil/x.pem",
            "https://sns.eu-west-1.amazonaws.com@169.254.169.254/x.pem",
            "",
        ],
    )
    def test_a_certificate_of_another_host_is_never_fetched(self, client, app, key, fetched, url) -> None:
        _refused(client, app, self._sent(_signed(_notification(SigningCertURL=url), key)))
        assert fetched == []

    def test_a_certificate_behind_a_redirect_is_refused(self, client, app, key, monkeypatch, fetched) -> None:
        def redirected(url: str) -> bytes:
            raise Forged("its certificate is not there, or lies behind a redirect", status=403)

        monkeypatch.setattr(sns_hook.HOOK.certificates, "fetch", redirected)
        _refused(client, app, self._sent(_signed(_notification(), key)))

    @pytest.mark.parametrize(
        "changed",
        [
            {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:evil"},
            {"Type": "Gossip"},
            {"SignatureVersion": "3"},
            {"Signature": ""},
            {"Signature": "!!!"},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_a_changed_envelope_is_refused(self, client, app, key, fetched, changed) -> None:
        _refused(client, app, self._sent(_signed(_notification(), key) | changed))

    @pytest.mark.parametrize("name", ["Message", "MessageId", "Timestamp", "Subject", "Type"])
    def test_every_signed_field_counts(self, client, app, key, fetched, name) -> None:
        message = _signed(_notification(), key)
        changed = {"Type": "UnsubscribeConfirmation"} if name == "Type" else {name: message[name][:-1] + "9"}
        _refused(client, app, self._sent(message | changed))

    def test_another_topic_is_refused_before_anything_is_fetched(self, client, app, key, fetched) -> None:
        other = _signed(_notification(TopicArn="arn:aws:sns:eu-west-1:999999999999:evil"), key)
        _refused(client, app, self._sent(other))
        assert fetched == []

    def test_somebody_elses_key_is_refused(self, client, app, fetched) -> None:
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _refused(client, app, self._sent(_signed(_notification(), other)))

    def test_raw_delivery_is_refused_without_a_second_secret(self, client, app, fetched) -> None:
        sent = Sent("/hooks/sns", b"the disk is full", {"x-amz-sns-rawdelivery": "true"}, "sns")
        _refused(client, app, sent)

    def test_a_replay_changes_nothing_and_after_three_days_is_refused(
        self, client, app, key, clock, fetched
    ) -> None:
        sent = self._sent(_signed(_notification(), key))
        _accepted(client, app, sent)
        before = _state(app)
        for _ in range(2):
            _accepted(client, app, sent)
            assert _state(app) == before
            clock.push(timedelta(minutes=6))
        clock.push(timedelta(hours=72))
        _refused(client, app, sent)

    def test_only_a_proved_confirmation_is_visited_and_by_a_job(self, client, app, key, fetched) -> None:
        url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
        message = _notification(Type="SubscriptionConfirmation", SubscribeURL=url, Token="t")
        del message["Subject"]
        forged = message | {"SignatureVersion": "2", "Signature": base64.b64encode(b"x" * 256).decode()}
        _refused(client, app, self._sent(forged))
        with app.store.reading() as shelves:
            assert shelves.jobs.next_due(["errand.sns"]) == {}
        assert _post(client, self._sent(_signed(message, key))).status_code == 200
        with app.store.reading() as shelves:
            assert set(shelves.jobs.next_due(["errand.sns"])) == {"errand.sns"}

    def test_the_shared_vectors_are_accepted(self, client, app, monkeypatch, shared, fetched) -> None:
        vectors = json.loads((shared / "captures" / "signature_vectors.json").read_text())["sns"]
        monkeypatch.setattr(sns_hook.HOOK.certificates, "fetch", lambda url: vectors["cert_pem"].encode())
        for name, message in vectors["messages"].items():
            answer = _post(client, self._sent(message))
            assert answer.status_code == 200, (name, answer.text)
        with app.store.reading() as shelves:
            sources = {alert.source for alert in shelves.alerts.recent()}
        # Versions 1 and 2 of the alarm are one message, so they make one alert.
        assert (sources, _state(app)[0]) == ({"cloudwatch", "guardduty"}, 2)


def _certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=300))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _notification(**given: str) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "165545c9-2a5c",
        "TopicArn": TOPIC,
        "Subject": "The disk is full",
        "Message": "db-1 has 1 % left",
        "Timestamp": (NOW - timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "SigningCertURL": CERTIFICATE,
        **given,
    }


def _signed(message: Mapping[str, Any], key: rsa.RSAPrivateKey, version: str = "2") -> dict[str, Any]:
    """Sign as Amazon's documentation says, written here anew."""
    if message["Type"] == "Notification":
        names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    else:
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    kind = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = key.sign(text.encode(), padding.PKCS1v15(), kind)
    return {**message, "SignatureVersion": version, "Signature": base64.b64encode(signature).decode()}


def test_an_ingest_token_is_as_good_as_a_configured_one_and_a_reader_is_not(client, app) -> None:
    from tocsin.app.tokens import make_token  # noqa: PLC0415

    for role, status in ((Role.INGEST, 202), (Role.VIEWER, 401)):
        text = make_token(app.store, app.clock, name=role.value, role=role, lives=None, actor="t").text
        assert _post(client, opsgenie(text, NOW)).status_code == status
