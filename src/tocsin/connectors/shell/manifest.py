"""What the connector of signed commands says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest

MANIFEST = Manifest(
    name="shell",
    title="Commands on this machine",
    category=Category.ACTIONS,
    summary="Runs the commands of a signed allow-list, without a shell.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_SHELL_FILE", hint="Path of the allow-list; its signature is beside it, with .sig."
        ),
        ConnectorSetting(
            name="TOCSIN_SHELL_KEY", hint="The middle line of: openssl pkey -in key.pem -pubout."
        ),
    ),
    from_settings="tocsin.connectors.shell.plays:performers_by",
    callers=(("shell", "tocsin.connectors.shell.caller:make"),),
)
