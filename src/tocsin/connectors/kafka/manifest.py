"""What the Kafka connector says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, ConnectorSetting, Manifest, PermissionWanted

MANIFEST = Manifest(
    name="kafka",
    title="Apache Kafka",
    category=Category.SIGNALS,
    summary="Reads topics as sources, in a consumer group that many processes share.",
    settings=(
        ConnectorSetting(name="TOCSIN_KAFKA_BROKERS", hint="Some of the brokers; they name the others."),
        ConnectorSetting(name="TOCSIN_KAFKA_TOPICS", hint="For example audit=okta,firewall."),
        ConnectorSetting(name="TOCSIN_KAFKA_GROUP", hint="Another group reads everything once more."),
        ConnectorSetting(name="TOCSIN_KAFKA_SECURITY", hint="ssl or sasl_ssl wherever it is possible."),
        ConnectorSetting(name="TOCSIN_KAFKA_MECHANISM", hint="PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."),
        ConnectorSetting(name="TOCSIN_KAFKA_USER", hint="The user made for Tocsin."),
        ConnectorSetting(name="TOCSIN_KAFKA_PASSWORD", hint="Its password.", secret=True),
        ConnectorSetting(name="TOCSIN_KAFKA_CA", hint="The authority of the brokers' certificates, PEM."),
    ),
    permissions=(
        PermissionWanted(name="READ on the topics", why="To read them."),
        PermissionWanted(name="READ on the group", why="To remember how far they were read."),
    ),
    inbound=("tocsin.connectors.kafka.setup:topics_of",),
)
