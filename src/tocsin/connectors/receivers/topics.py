"""Amazon SNS: publishes to a topic, an endpoint or a telephone number with AWS's own client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError  # type: ignore[import-untyped]

from tocsin.connectors.plain import one_line
from tocsin.connectors.rendered import group_digest, subject_of, text_in
from tocsin.connectors.sorting import kind_of
from tocsin.domain.clock import Clock
from tocsin.domain.notification import Integration, Notification
from tocsin.domain.ports.delivery import DeliveryFailed, FailureKind, Receipt

LONGEST_SUBJECT = 100
LONGEST_MESSAGE_BYTES = 262_144
LONGEST_SMS_BYTES = 1600
"""From https://docs.aws.amazon.com/sns/latest/api/API_Publish.html."""
# Retries are the job table's.
_LIMITS = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1})
_PASSING = {"Throttling", "ThrottlingException", "Throttled", "InternalError", "RequestTimeout"}
_SETTINGS_WRONG = {
    "AuthorizationError",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "NotFound",
    "ExpiredToken",
}


@dataclass(frozen=True, slots=True)
class SnsNotifier:
    """Tells `sns_configs`. Without keys in the file AWS's own ways to know who we are are used."""

    def notify(self, notification: Notification, integration: Integration) -> Receipt:
        """Publish once. Raises `DeliveryFailed`."""
        settings = integration.settings
        try:
            told = _client(settings).publish(**_asked(notification, settings))
        except ClientError as error:
            raise _refused(error) from None
        except ConnectionError as error:
            reason = f"SNS cannot be reached ({type(error).__name__})"
            raise DeliveryFailed(FailureKind.RETRY_LATER, reason) from None
        except (BotoCoreError, ValueError) as error:
            reason = f"SNS cannot be asked ({type(error).__name__})"
            raise DeliveryFailed(FailureKind.MISCONFIGURED, reason) from None
        number = one_line(str(told.get("MessageId", "")), limit=80)
        return Receipt(f"published as {number}", number)


def build_notifier(clock: Clock) -> SnsNotifier:
    """Return the notifier of `sns_configs`; AWS dates requests itself."""
    return SnsNotifier()


def _client(settings: Mapping[str, Any]) -> Any:
    signing: Mapping[str, Any] = settings.get("sigv4") or {}
    session = boto3.Session(
        aws_access_key_id=signing.get("access_key") or None,
        aws_secret_access_key=signing.get("secret_key") or None,
        profile_name=signing.get("profile") or None,
        region_name=signing.get("region") or _region_in(settings),
    )
    return session.client("sns", endpoint_url=settings.get("api_url") or None, config=_LIMITS)


def _region_in(settings: Mapping[str, Any]) -> str | None:
    parts = str(settings.get("topic_arn") or settings.get("target_arn") or "").split(":")
    return parts[3] if len(parts) > 5 and parts[3] else None


def _asked(notification: Notification, settings: Mapping[str, Any]) -> dict[str, Any]:
    subject = one_line(text_in(settings, "subject", subject_of(notification)), limit=LONGEST_SUBJECT)
    is_sms = bool(settings.get("phone_number"))
    text = text_in(settings, "message", subject_of(notification)).encode("utf-8", "replace")
    longest = LONGEST_SMS_BYTES if is_sms else LONGEST_MESSAGE_BYTES
    asked: dict[str, Any] = {"Message": text[:longest].decode("utf-8", "ignore")}
    named = {"TopicArn": "topic_arn", "TargetArn": "target_arn", "PhoneNumber": "phone_number"}
    asked |= {name: settings[setting] for name, setting in named.items() if settings.get(setting)}
    if subject and not is_sms:
        # SNS takes ASCII alone here.
        asked["Subject"] = subject.encode("ascii", "replace").decode("ascii")
    if str(settings.get("topic_arn", "")).endswith(".fifo"):
        asked["MessageDeduplicationId"] = notification.key[:128]
        asked["MessageGroupId"] = group_digest(notification)
    attributes = settings.get("attributes") or {}
    asked["MessageAttributes"] = {
        str(name): {"DataType": "String", "StringValue": str(text)}
        for name, text in attributes.items()
        if text
    }
    return asked


def _refused(error: ClientError) -> DeliveryFailed:
    told = error.response.get("Error", {})
    code = one_line(str(told.get("Code", "unknown")), limit=80)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    status = status if isinstance(status, int) else None
    kind = kind_of(status) if status else FailureKind.UNKNOWN
    if code in _PASSING:
        kind = FailureKind.RETRY_LATER
    elif code in _SETTINGS_WRONG:
        kind = FailureKind.MISCONFIGURED
    words = one_line(str(told.get("Message", "")), limit=200)
    return DeliveryFailed(kind, f"SNS refused: {code} {words}".strip(), status=status)
