"""Every alert five times, shuffled, over three connections, and all that is signed replayed: nothing twice.

Alerts go to Alertmanager's door; bodies of PagerDuty, GitHub, SNS and Standard Webhooks to theirs, signed,
each five times with the ids that those senders repeat (`X-Webhook-Id`, `X-GitHub-Delivery`, `MessageId`,
`webhook-id`). One incident each and one page a step; then all is sent once more, and nothing changes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from partners import Partner, serving
from rig import Figures, Rig, rig, wait
from standardwebhooks import Webhook

from tocsin.domain.person import Role

TIMES, CONNECTIONS = 5, 3
SECRET = "a-secret-of-a-proof"
WHSEC = "whsec_" + base64.b64encode(b"a secret of a proof that is long").decode()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-proof.pem"
STEP_S = 8
ONCALL = """\
people:
  ada: {{name: Ada, contacts: [{{channel: webhook, address: "{url}/ada"}}]}}
  ben: {{name: Ben, contacts: [{{channel: webhook, address: "{url}/ben"}}]}}
policies:
  default: {{repeat: never, steps: {{
    P1: [{{after: 0s, page: ben}}, {{after: {step}s, page: ada}}],
    P2: [{{after: 0s, page: ben}}, {{after: {step}s, page: ada}}],
    P3: [{{after: 0s, page: ben}}, {{after: {step}s, page: ada}}]}}}}
schedules:
  default: {{zone: UTC, rotation: weekly, handover: "00:00", starts: 2026-01-05, people: [ben]}}
"""
INTAKE = """\
sources:
  proof:
    fields: {dedup_key: /name, title: /name, severity: /level}
    samples: [{name: one, body: '{"name": "x", "level": "critical"}', gives: {title: x}}]
"""


@dataclass(frozen=True)
class Sent:
    """One request as its sender repeats it: the same bytes and ids."""

    path: str
    body: bytes
    headers: dict[str, str]


def prove(each: int = 40) -> Figures:
    """Send `each` alerts of every sender."""
    figures = Figures("duplicates and disorder")
    with rig() as one, serving(Partner()) as partner:
        key = _aws(one.folder)
        one.served.pack("oncall.yml", ONCALL.format(url=partner.url, step=STEP_S))
        one.served.pack("intake.yml", INTAKE)
        one.served.command = (sys.executable, str(Path(__file__).with_name("altered.py")), str(one.folder))
        settings = {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TOCSIN_GITHUB_SECRETS": SECRET,
            "TOCSIN_PAGERDUTY_SECRETS": SECRET,
            "TOCSIN_WEBHOOK_IN_SECRETS": WHSEC,
            "TOCSIN_SNS_TOPICS": TOPIC,
        }
        with one.started(**settings):
            token = one.token(Role.INGEST)
            makers: tuple[Callable[[int], Sent], ...] = (
                lambda n: _alert(n, token),
                _pagerduty,
                _github,
                lambda n: _sns(n, key),
                _standard,
            )
            sent = [make(number) for make in makers for number in range(each)]
            _judge(one, partner, figures, sent)
    return figures


def _judge(one: Rig, partner: Partner, figures: Figures, sent: list[Sent]) -> None:
    statuses = _send(one, sent * TIMES)
    figures.accepted = len(sent)
    figures.said(f"{len(sent)} alerts, {len(sent) * TIMES} requests: answers {dict(statuses)}")
    figures.demand(all(200 <= status < 300 for status in statuses), f"answers {dict(statuses)}")
    steps = 2
    wait(lambda: len(partner.got) >= steps * len(sent), 90)
    reader = one.token(Role.VIEWER)
    incidents = one.served.incidents(reader)
    before = len(partner.got)
    again = _send(one, sent)
    # Whoever repeats an id is answered as before; nothing may come of it, also not after a step's time.
    wait(lambda: len(partner.got) > before, STEP_S + 4)
    pages = Counter((got.path, str(json.loads(got.body)["data"]["incident"])) for got in partner.got)
    figures.sent = len(partner.got)
    figures.duplicates = sum(count - 1 for count in pages.values())
    figures.lost = steps * len(sent) - len(pages)
    figures.demand(len(incidents) == len(sent), f"{len(incidents)} incidents of {len(sent)} alerts")
    figures.demand(len(one.served.incidents(reader)) == len(incidents), "a replay opened an incident")
    figures.demand(figures.duplicates == 0, f"{figures.duplicates} pages came twice")
    figures.demand(figures.lost == 0, f"{figures.lost} pages are missing")
    figures.said(f"{len(incidents)} incidents, {len(pages)} pages in {steps} steps; replays: {dict(again)}")


def _send(one: Rig, sent: list[Sent]) -> Counter[int]:
    """Send over three connections in a random order; a 503 is repeated, as its sender would."""
    shuffled = list(sent)
    random.Random(8).shuffle(shuffled)
    statuses: Counter[int] = Counter()

    def work(part: list[Sent]) -> None:
        with httpx.Client(base_url=one.served.url, timeout=60) as client:
            for request in part:
                for _ in range(50):
                    answer = client.post(request.path, content=request.body, headers=request.headers)
                    if answer.status_code != 503:
                        break
                statuses[answer.status_code] += 1

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, [shuffled[n::CONNECTIONS] for n in range(CONNECTIONS)]))
    return statuses


def _json(found: Any) -> bytes:
    return json.dumps(found).encode()


def _mac(body: bytes) -> str:
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def _alert(number: int, token: str) -> Sent:
    alert = {"labels": {"alertname": f"Qdown{number}", "severity": "critical"}}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return Sent("/api/v2/alerts", _json([alert]), headers)


def _pagerduty(number: int) -> Sent:
    about = {"id": f"P{number}", "title": f"Qpager{number}", "urgency": "high", "status": "triggered"}
    at = datetime.now(UTC).isoformat()
    event = {"id": f"e{number}", "event_type": "incident.triggered", "occurred_at": at, "data": about}
    body = _json({"event": event})
    headers = {"X-PagerDuty-Signature": f"v1={_mac(body)}", "X-Webhook-Id": f"w{number}"}
    return Sent("/hooks/pagerduty/pagerduty", body, headers)


def _github(number: int) -> Sent:
    event = {
        "action": "created",
        "alert": {"number": number},
        "repository": {"full_name": f"acme/r{number}"},
    }
    body = _json(event)
    headers = {
        "X-Hub-Signature-256": f"sha256={_mac(body)}",
        "X-GitHub-Event": "secret_scanning_alert",
        "X-GitHub-Delivery": f"d{number}",
    }
    return Sent("/hooks/github/github", body, headers)


def _standard(number: int) -> Sent:
    body = _json({"name": f"Qhook{number}", "level": "critical"})
    at = datetime.now(UTC)
    signature = Webhook(WHSEC).sign(f"m{number}", at, body.decode())
    headers = {
        "webhook-id": f"m{number}",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Sent("/hooks/webhook/proof", body, headers)


def _sns(number: int, key: rsa.RSAPrivateKey) -> Sent:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    alarm = {
        "AlarmName": f"Qalarm{number}",
        "AlarmArn": f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:Qalarm{number}",
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": "Threshold crossed",
        "StateChangeTime": at,
        "AWSAccountId": "123456789012",
        "Region": "EU (Ireland)",
        "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/EC2"},
    }
    message = {
        "Type": "Notification",
        "MessageId": f"id-{number}",
        "TopicArn": TOPIC,
        "Subject": "ALARM",
        "Message": json.dumps(alarm),
        "Timestamp": at,
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
    }
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    signed = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    message["Signature"] = base64.b64encode(key.sign(signed, padding.PKCS1v15(), hashes.SHA256())).decode()
    return Sent("/hooks/sns/aws", _json(message), {"x-amz-sns-message-type": "Notification"})


def _aws(folder: Path) -> rsa.RSAPrivateKey:
    """Make the key and the certificate that SNS signs with here."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "sns.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key
