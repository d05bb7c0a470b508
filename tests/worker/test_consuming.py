from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import orjson
import pytest
from confluent_kafka import Producer

from tocsin.app.settings import SETTINGS
from tocsin.connectors.kafka.reader import KafkaReader
from tocsin.domain.errors import Overloaded
from tocsin.worker import consuming as consuming_module
from tocsin.worker.consuming import Consuming
from tocsin.worker.pouring import Pouring

WITHIN_S = 40.0
MAX = 1 << 20


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def producer() -> Producer:
    """Return a producer that carries a pretend cluster of Kafka's own client."""
    made = Producer({"test.mock.num.brokers": 1})
    made.list_topics(timeout=10)
    return made


@pytest.fixture
def topic() -> str:
    """Return a topic of its own for each test; the cluster makes it when it is first written to."""
    return f"t-{uuid4().hex}"


def brokers(producer: Producer) -> str:
    found = producer.list_topics(timeout=10).brokers.values()
    return ",".join(f"{broker.host}:{broker.port}" for broker in found)


def send(producer: Producer, topic: str, *bodies: bytes | None) -> None:
    for number, body in enumerate(bodies):
        producer.produce(topic, body, partition=number % 2)
    assert producer.flush(10) == 0


@pytest.fixture
def make(app, producer, topic) -> Callable[[], Consuming]:
    """Return a maker of members, each in a group of its own: Kafka then knows nothing of the one before.

    (The pretend cluster lets nobody into a group again whose member has left.)
    """
    pouring = Pouring(app.store, app.lake, app.clock, app.take)

    def member() -> Consuming:
        values = {setting.name: setting.default for setting in SETTINGS}
        values |= {"TOCSIN_KAFKA_BROKERS": brokers(producer), "TOCSIN_KAFKA_GROUP": uuid4().hex}
        return Consuming(pouring, values, {topic: "okta"}, KafkaReader, MAX)

    return member


def lake(app) -> list[int]:
    lines, _ = app.lake.read("okta", 0, 100_000)
    return sorted(orjson.loads(line)["n"] for line in lines)


def turn(consuming: Consuming, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not done():
        assert time.monotonic() < deadline, "waited in vain"
        consuming.round()


def bodies(*numbers: int) -> list[bytes]:
    return [orjson.dumps({"n": number}) for number in numbers]


def test_messages_are_kept_in_the_lake_and_rubbish_is_set_aside(app, producer, topic, make) -> None:
    send(producer, topic, *bodies(*range(50)), b"rubbish", None)
    consuming = make()
    turn(consuming, lambda: len(lake(app)) == 50)
    with app.store.reading() as shelves:
        assert shelves.quarantine.count_waiting() == 1
    consuming.close()
    again = make()
    send(producer, topic, *bodies(50, 51))
    turn(again, lambda: len(lake(app)) == 52)
    again.close()
    assert lake(app) == list(range(52))


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_append_nothing_is_lost_and_nothing_twice(
    app, producer, topic, make, monkeypatch, when
) -> None:
    send(producer, topic, *bodies(*range(20)))
    append = type(app.lake).append

    def killed(self, source, lines):
        if when == "after":
            append(self, source, lines)
        raise Killed

    first = make()
    with monkeypatch.context() as patched:
        patched.setattr(type(app.lake), "append", killed)
        with pytest.raises(Killed):
            turn(first, lambda: False)
    first.close()
    second = make()
    turn(second, lambda: len(lake(app)) >= 20)
    send(producer, topic, *bodies(20, 21))
    turn(second, lambda: len(lake(app)) >= 22)
    second.close()
    assert lake(app) == list(range(22))


def test_a_full_disk_is_waited_for_and_nothing_is_lost(app, producer, topic, make, monkeypatch) -> None:
    send(producer, topic, *bodies(*range(20)))
    consuming = make()

    def full(*_: object) -> None:
        raise Overloaded("Full.", means="Nothing kept.", next_step="Free space.")

    with monkeypatch.context() as patched:
        patched.setattr(type(app.lake), "append", full)
        with pytest.raises(Overloaded):
            turn(consuming, lambda: False)
    monkeypatch.setattr(consuming_module, "MESSAGES_AT_ONCE", 7)
    turn(consuming, lambda: len(lake(app)) >= 20)
    consuming.close()
    consuming.close()
    assert lake(app) == list(range(20))


def test_a_partition_whose_start_cannot_be_looked_up_is_not_read_from_elsewhere(app) -> None:
    class Giving:
        """A reader that is given a partition as soon as it fetches."""

        closed = 0

        def __init__(self, options, topics, start_at) -> None:
            self.start_at = start_at

        def fetch(self, limit: int, within_s: float):
            self.start_at("t", 0)
            return ()

        def close(self) -> None:
            Giving.closed += 1

    class Away:
        """A store whose database is away."""

        def reading(self):
            raise Overloaded("Away.", means="Nothing read.", next_step="Wait.")

    values = {setting.name: setting.default for setting in SETTINGS}
    consuming = Consuming(Pouring(Away(), app.lake, app.clock, app.take), values, {"t": "okta"}, Giving, MAX)
    with pytest.raises(Overloaded):
        consuming.round()
    assert Giving.closed == 1
