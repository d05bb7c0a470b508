"""Settings of Kafka become its client's options; a mistake is said at the start."""

from __future__ import annotations

import pytest

from tocsin.app.settings import SETTINGS
from tocsin.connectors.kafka.setup import client_options, topics_of
from tocsin.domain.errors import Misconfigured

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
SET_UP = {**DEFAULTS, "TOCSIN_KAFKA_BROKERS": "k:9092"}


def test_each_topic_has_its_source() -> None:
    assert topics_of(DEFAULTS) == {}
    topics = topics_of({**SET_UP, "TOCSIN_KAFKA_TOPICS": " audit=okta, Firewall ,"})
    assert topics == {"audit": "okta", "Firewall": "firewall"}
    with pytest.raises(Misconfigured):
        topics_of(SET_UP)


def test_the_password_is_given_only_where_kafka_asks_for_one() -> None:
    secret = {**SET_UP, "TOCSIN_KAFKA_USER": "tocsin", "TOCSIN_KAFKA_PASSWORD": "s3cret"}
    assert "s3cret" not in client_options(secret).values()
    options = client_options({**secret, "TOCSIN_KAFKA_SECURITY": "sasl_ssl", "TOCSIN_KAFKA_CA": "/ca.pem"})
    assert (options["sasl.password"], options["ssl.ca.location"]) == ("s3cret", "/ca.pem")
    assert options["sasl.mechanism"] == "SCRAM-SHA-512"
