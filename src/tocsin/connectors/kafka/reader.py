"""A member of a consumer group, by Kafka's own client; where a partition starts is decided by us."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from tocsin.domain.errors import Explained

LARGEST_FETCH_BYTES = 16 * 1024 * 1024
_QUIET = (KafkaError._PARTITION_EOF, KafkaError.UNKNOWN_TOPIC_OR_PART)

StartAt = Callable[[str, int], int | None]


class KafkaRefused(Explained):
    """Kafka did not answer, or refused; what was not read yet waits there."""

    code: ClassVar[str] = "kafka_refused"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message: where it lay, and its bytes (None: deleted by its key)."""

    topic: str
    partition: int
    offset: int
    body: bytes | None


class KafkaReader:
    """Reads topics. `start_at` says from where a partition given to us is read, None: as Kafka knows."""

    def __init__(self, options: Mapping[str, str], topics: Sequence[str], start_at: StartAt) -> None:
        self._start_at = start_at
        self._consumer = Consumer(
            {
                **options,
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "fetch.max.bytes": LARGEST_FETCH_BYTES,
                "log_level": 3,
                "queued.max.messages.kbytes": LARGEST_FETCH_BYTES // 1024,
            }
        )
        self._consumer.subscribe(list(topics), on_assign=self._assigned)

    def fetch(self, limit: int, within_s: float) -> tuple[Fetched, ...]:
        """Return up to `limit` messages, after `within_s` at the latest. Raises `KafkaRefused`."""
        try:
            found = self._consumer.consume(limit, within_s)
        except KafkaException as error:
            raise _refused(error.args[0]) from error
        for message in found:
            fault = message.error()
            if fault is not None and fault.code() not in _QUIET:
                raise _refused(fault)
        return tuple(
            Fetched(
                str(message.topic()),
                int(message.partition() or 0),
                int(message.offset() or 0),
                message.value(),
            )
            for message in found
            if message.error() is None
        )

    def rewind(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Read partitions again from these offsets. Raises `KafkaRefused`."""
        try:
            for (topic, partition), offset in offsets.items():
                self._consumer.seek(TopicPartition(topic, partition, offset))
        except KafkaException as error:
            raise _refused(error.args[0]) from error

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Tell Kafka from where each partition is to be read on. Raises `KafkaRefused`."""
        wanted = [TopicPartition(topic, number, offset) for (topic, number), offset in offsets.items()]
        try:
            self._consumer.commit(offsets=wanted, asynchronous=False)
        except KafkaException as error:
            raise _refused(error.args[0]) from error

    def close(self) -> None:
        """Leave the group, so that others take over at once."""
        self._consumer.close()

    def _assigned(self, consumer: Any, partitions: list[Any]) -> None:
        for partition in partitions:
            start = self._start_at(partition.topic, partition.partition)
            if start is not None:
                partition.offset = start
        consumer.assign(partitions)


def _refused(error: Any) -> KafkaRefused:
    return KafkaRefused(
        f"Kafka refused or did not answer: {error.name()}.",
        means="Nothing is lost: what was not read yet waits in Kafka, and it is asked again.",
        next_step="Look at the brokers, the network, and the rights of TOCSIN_KAFKA_USER.",
    )
