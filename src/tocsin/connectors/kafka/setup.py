"""Reads the settings of Kafka; imports no client."""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.domain.errors import Misconfigured


def topics_of(values: Mapping[str, str]) -> Mapping[str, str]:
    """Return the source of each topic, by topic; none where Kafka is not set up. Raises `Misconfigured`."""
    if not values["TOCSIN_KAFKA_BROKERS"]:
        return {}
    topics: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in values["TOCSIN_KAFKA_TOPICS"].split(","))):
        topic, _, source = part.partition("=")
        topics[topic.strip()] = source.strip() or topic.strip().lower()
    if not topics:
        raise Misconfigured(
            "TOCSIN_KAFKA_BROKERS is set, but TOCSIN_KAFKA_TOPICS names no topic.",
            means="Tocsin does not start, because signals that you count on would not be read.",
            next_step="Name topics, for example TOCSIN_KAFKA_TOPICS=audit=okta,firewall.",
        )
    return topics


def client_options(values: Mapping[str, str]) -> dict[str, str]:
    """Return the options of Kafka's client (librdkafka's names). They may hold a password."""
    options = {
        "bootstrap.servers": values["TOCSIN_KAFKA_BROKERS"],
        "group.id": values["TOCSIN_KAFKA_GROUP"],
        "security.protocol": values["TOCSIN_KAFKA_SECURITY"],
    }
    if values["TOCSIN_KAFKA_SECURITY"].startswith("sasl"):
        options |= {
            "sasl.mechanism": values["TOCSIN_KAFKA_MECHANISM"],
            "sasl.username": values["TOCSIN_KAFKA_USER"],
            "sasl.password": values["TOCSIN_KAFKA_PASSWORD"],
        }
    if values["TOCSIN_KAFKA_CA"]:
        options["ssl.ca.location"] = values["TOCSIN_KAFKA_CA"]
    return options
