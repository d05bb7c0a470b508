"""What the web push connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="push",
    title="Web push",
    category=Category.MESSAGES,
    summary="Shows pages on the browsers that a person subscribed in the console. The address is a username.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_PUSH_CONTACT",
            hint="mailto:you@example.org: whom the makers of browsers ask if something is wrong.",
            required=True,
        ),
        ConnectorSetting(name="TOCSIN_HOME", hint="Its key lies there, in keys/push.key."),
    ),
    channel="tocsin.connectors.push.setup:build",
)
