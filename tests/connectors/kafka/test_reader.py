"""Kafka's own client against the pretend cluster that it carries."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import Producer

from tocsin.connectors.kafka.reader import Fetched, KafkaReader, KafkaRefused

WITHIN_S = 40.0


@pytest.fixture
def options() -> dict[str, str]:
    producer = Producer({"test.mock.num.brokers": 1})
    for number in range(3):
        producer.produce("t", b"m%d" % number, partition=0)
    assert producer.flush(10) == 0
    found = producer.list_topics(timeout=10).brokers.values()
    # The cluster lives as long as its producer.
    return Options(
        {"bootstrap.servers": ",".join(f"{b.host}:{b.port}" for b in found), "group.id": "g"}, producer
    )


class Options(dict):
    """Options that keep the cluster they lead to."""

    def __init__(self, options: dict[str, str], producer: Producer) -> None:
        super().__init__(options)
        self.producer = producer


def fetched(reader: KafkaReader, count: int) -> list[Fetched]:
    found: list[Fetched] = []
    deadline = time.monotonic() + WITHIN_S
    while len(found) < count:
        assert time.monotonic() < deadline, found
        found += reader.fetch(10, 0.5)
    return found


def test_a_partition_is_read_from_where_we_say(options) -> None:
    reader = KafkaReader(options, ["t"], lambda topic, partition: 1 if partition == 0 else None)
    assert fetched(reader, 2) == [Fetched("t", 0, 1, b"m1"), Fetched("t", 0, 2, b"m2")]
    reader.rewind({("t", 0): 2})
    assert fetched(reader, 1) == [Fetched("t", 0, 2, b"m2")]
    reader.commit({("t", 0): 3})
    reader.close()


def test_what_kafka_refuses_is_explained_without_a_secret(options) -> None:
    reader = KafkaReader(options, ["t"], lambda topic, partition: None)
    with pytest.raises(KafkaRefused, match="Kafka refused"):
        reader.rewind({("never-assigned", 7): 0})
    with pytest.raises(KafkaRefused):
        reader.commit({("t", -5): 1})
    reader.close()
