"""Proves what SNS sends: the topic is allowed, the certificate is AWS's, the signature fits the fields."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tocsin.connectors.hook import (
    Forged,
    HookRequest,
    HookSecret,
    ReadHook,
    Verified,
    digest_of,
    same,
    token_of,
    verify_token,
)
from tocsin.connectors.instant import instant_of
from tocsin.connectors.leaves import decoded_object, word
from tocsin.connectors.refusal import NotJson
from tocsin.connectors.sns.certificates import Certificates, verify_signature
from tocsin.connectors.sns.messages import read_message, read_raw

# https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
RAW = "x-amz-sns-rawdelivery"
MESSAGE_ID = "x-amz-sns-message-id"
NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED = {
    "Notification": NOTIFICATION,
    "SubscriptionConfirmation": CONFIRMATION,
    "UnsubscribeConfirmation": CONFIRMATION,
}
OLDEST = timedelta(hours=72)
"""SNS tries again for at most an hour; ids are remembered for longer than this."""


@dataclass(frozen=True, slots=True)
class SnsHook:
    """A subscription of SNS by HTTPS. Its "secrets" are the topics that are allowed."""

    certificates: Certificates = field(default_factory=Certificates)

    def kind(self, headers: Mapping[str, str]) -> str:
        """Say whether it is a raw delivery, which has no envelope."""
        return "raw" if headers.get(RAW, "").lower() == "true" else ""

    def token(self, request: HookRequest) -> str:
        """Return the second secret, which only raw delivery needs: the password in the endpoint's URL."""
        return token_of(request.headers)

    def verify(self, request: HookRequest, secrets: Sequence[HookSecret]) -> Verified:
        """Prove a message by its topic and its signature. Raises `Forged`, `Overloaded`.

        Raw delivery is not signed: it is refused unless an ingest token comes with it.
        """
        if request.kind == "raw":
            tokens = [secret for secret in secrets if secret.name.startswith("token:")]
            if not tokens:
                raise Forged("raw delivery is not signed, and no token came with it")
            proved = verify_token(self.token(request), tokens)
            own = request.headers.get(MESSAGE_ID, "")
            return Verified(secret=proved, replay_key=digest_of("sns", own) if own else "")
        try:
            message = decoded_object(request.body)
        except NotJson:
            raise Forged("it is no message of SNS") from None
        _demand_topic(message, secrets)
        self._demand_signature(message, request)
        return Verified(secret=0, replay_key=digest_of("sns", word(message, "MessageId")))

    def read(self, request: HookRequest) -> ReadHook:
        """Read what lies in a message. Raises `NotJson`."""
        if request.kind == "raw":
            return read_raw(request)
        return read_message(decoded_object(request.body), request.now)

    def _demand_signature(self, message: dict[str, Any], request: HookRequest) -> None:
        signed_at = instant_of(word(message, "Timestamp"))
        if signed_at is None or abs(request.now - signed_at) > OLDEST:
            raise Forged("its timestamp is missing, or more than 72 hours from our clock", status=403)
        try:
            signature = base64.b64decode(word(message, "Signature"), validate=True)
        except ValueError:
            raise Forged("its signature is wrong") from None
        if not signature:
            raise Forged("it carries no signature")
        key = self.certificates.key(word(message, "SigningCertURL"), request.now)
        verify_signature(key, signature, signed_text(message), word(message, "SignatureVersion"))


def signed_text(message: Mapping[str, Any]) -> bytes:
    """Return the bytes that SNS signs: names and values of some fields, one a line. Raises `Forged`."""
    names = SIGNED.get(word(message, "Type"))
    if names is None:
        raise Forged("it is of no type that SNS sends")
    parts = [f"{name}\n{message[name]}\n" for name in names if isinstance(message.get(name), str)]
    missing = [name for name in names if name != "Subject" and not isinstance(message.get(name), str)]
    if missing:
        raise Forged("it lacks a field that SNS signs")
    return "".join(parts).encode("utf-8", "surrogatepass")


def _demand_topic(message: dict[str, Any], secrets: Sequence[HookSecret]) -> None:
    topic = word(message, "TopicArn")
    allowed = [secret for secret in secrets if secret.secret.reveal().startswith("arn:")]
    if not allowed:
        raise Forged("no topic is allowed for this source")
    if not any([same(topic, secret.secret.reveal()) for secret in allowed]):
        raise Forged("its topic is not allowed", status=403)


HOOK = SnsHook()
