"""What the S3 connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="s3",
    title="CloudTrail in Amazon S3",
    category=Category.SIGNALS,
    summary="Reads CloudTrail files, and others of a known format, out of S3, each object once.",
    settings=(
        ConnectorSetting(name="TOCSIN_S3_BUCKETS", hint="For example cloudtrail=trail-bucket/AWSLogs."),
        ConnectorSetting(name="TOCSIN_AWS_REGION", hint="The bucket's region, such as eu-west-1."),
        ConnectorSetting(name="TOCSIN_AWS_URL", hint="Only for stores that speak S3 and are not AWS's."),
        ConnectorSetting(name="TOCSIN_AWS_POLL_SECONDS", hint="CloudTrail writes every few minutes."),
    ),
    permissions=(
        PermissionWanted(name="s3:ListBucket", why="To see which objects are new."),
        PermissionWanted(name="s3:GetObject", why="To read them."),
    ),
    inbound=("tocsin.connectors.s3.places:places_of",),
)
