"""What the anchors say of themselves."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="anchors",
    title="Anchors of the log",
    category=Category.ACTIONS,
    summary="Keeps the log's signed heads outside: in a locked S3 bucket, under RFC 3161 time stamps.",
    settings=(
        ConnectorSetting(
            name="TOCSIN_ANCHOR_BUCKET", hint="A bucket with versions and Object Lock, in another account."
        ),
        ConnectorSetting(name="TOCSIN_ANCHOR_RETAIN_DAYS", hint="Days; nobody can shorten them later."),
        ConnectorSetting(name="TOCSIN_TSA_URL", hint="An authority of your choice, or your own."),
        ConnectorSetting(name="TOCSIN_TSA_CERTIFICATES", hint="Its root certificate, from its own site."),
        ConnectorSetting(name="TOCSIN_AWS_REGION", hint="Region of the bucket."),
        ConnectorSetting(name="TOCSIN_AWS_URL", hint="Only where S3 is not AWS's own."),
    ),
    permissions=(
        PermissionWanted(name="s3:PutObject, s3:PutObjectRetention", why="to keep heads, locked"),
        PermissionWanted(
            name="s3:DeleteObjectVersion", why="only to prove at each start that the lock refuses it"
        ),
    ),
    anchors="tocsin.connectors.anchors.setup:build",
)
