"""What a key of the log that somebody else holds says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="log_key",
    title="The log's key, held elsewhere",
    category=Category.ACTIONS,
    summary="Signs the log's heads by a KMS or HSM, so that nobody on this machine can copy the key.",
    settings=(
        ConnectorSetting(name="TOCSIN_LOG_KEY_URI", hint="hv:tocsin/1, awskms:ARN or file2:/path."),
        ConnectorSetting(name="TOCSIN_LOG_KEY_PUBLIC", hint="File with the public half, in PEM."),
        ConnectorSetting(name="TOCSIN_AWS_REGION", hint="Region of a key in AWS KMS."),
        ConnectorSetting(name="TOCSIN_AWS_URL", hint="Only where KMS is not AWS's own."),
    ),
    permissions=(PermissionWanted(name="kms:Sign", why="to sign the log's heads with that one key"),),
    log_keys="tocsin.connectors.log_key.setup:build",
)
