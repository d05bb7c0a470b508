"""What the Twilio connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="twilio",
    title="Twilio (SMS and voice)",
    category=Category.MESSAGES,
    summary="Sends text messages and calls by telephone; both can be answered. The address is a number.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_TWILIO_ACCOUNT",
            hint="The account's SID (AC...), on Twilio's first page.",
            required=True,
        ),
        ConnectorSetting(
            name="TOCSIN_TWILIO_TOKEN",
            hint="The account's auth token; while it rotates the new one, a comma, and the old one.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_TWILIO_FROM",
            hint="Your Twilio number (+49...), or for messages a messaging service (MG...).",
            required=True,
        ),
        ConnectorSetting(
            name="TOCSIN_TWILIO_URL", hint="Only to be changed for a proxy or one of Twilio's regions."
        ),
        ConnectorSetting(
            name="TOCSIN_PUBLIC_URL", hint="Must be reachable by Twilio, or nobody can answer by telephone."
        ),
    ),
    channels=(
        ("sms", "tocsin.connectors.twilio.setup:build_sms"),
        ("voice", "tocsin.connectors.twilio.setup:build_voice"),
    ),
)
