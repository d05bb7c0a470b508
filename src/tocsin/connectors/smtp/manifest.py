"""What the SMTP connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="smtp",
    title="Mail (SMTP)",
    category=Category.MESSAGES,
    summary="Sends pages and notices as plain text mail. The address is one mail address.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SMTP_URL",
            hint="smtp://user:password@host:587?starttls=true, or smtps://user:password@host:465.",
            required=True,
            secret=True,
        ),
        ConnectorSetting(
            name="TOCSIN_SMTP_FROM",
            hint="The sender, one the server lets this account use: tocsin@example.org.",
            required=True,
        ),
    ),
    channel="tocsin.connectors.smtp.setup:build",
    notifiers=(("email", "tocsin.connectors.smtp.notifier:build_notifier"),),
)
