from __future__ import annotations

import gzip
from dataclasses import dataclass, field, replace
from datetime import timedelta

import orjson
import pytest

from tocsin.connectors.cloudwatch.wanted import WantedMetric
from tocsin.connectors.s3.bucket import Found
from tocsin.domain.sample import Sample
from tocsin.worker.polling import Asker, BucketPolling, LogPolling, MetricPolling
from tocsin.worker.pouring import Pouring

EVERY_S = 60.0


@dataclass
class Trail:
    """A bucket in a dictionary."""

    objects: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    fault: BaseException | None = None

    def put(self, key: str, *names: str) -> None:
        records = [{"eventName": name, "eventSource": "iam.amazonaws.com"} for name in names]
        self.objects[key] = gzip.compress(orjson.dumps({"Records": records}))

    def pages(self):
        found = [Found(key, str(hash(body)), len(body)) for key, body in sorted(self.objects.items())]
        for start in range(0, len(found), 2):
            yield tuple(found[start : start + 2])

    def fetch(self, key: str, limit: int) -> bytes:
        self.fetched.append(key)
        return self.objects[key][:limit]


@dataclass
class Watched:
    """CloudWatch in lists."""

    log: list[dict[str, object]] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)

    def say(self, at, *messages: str) -> None:
        ms = int(at.timestamp() * 1000)
        for message in messages:
            event = {"timestamp": ms, "message": message, "logStreamName": "one"}
            self.log.append(event | {"eventId": str(len(self.log))})

    def events(self, group: str, start_ms: int, end_ms: int):
        self.asked.append((start_ms, end_ms))
        yield [event for event in self.log if start_ms <= event["timestamp"] <= end_ms]

    def samples(self, wanted, start, end):
        return (Sample((("__name__", wanted.metric), ("job", "aws")), int(end.timestamp() * 1000), 1.0),)


@pytest.fixture
def asker(app) -> Asker:
    pouring = Pouring(app.store, app.lake, app.clock, app.take)
    return Asker(pouring=pouring, owner="one", every_s=EVERY_S, max_decoded=1 << 20)


def lake(app, source: str, name: str) -> list[str]:
    return [orjson.loads(line).get(name, "") for line in app.lake.read(source, 0, 1000)[0]]


def test_each_object_is_read_once_and_a_changed_one_again(app, asker) -> None:
    trail = Trail()
    for number in range(5):
        trail.put(f"{number}.json.gz", f"Event{number}")
    trail.objects["broken.gz"] = gzip.compress(b"x" * 100)[:20]
    polling = BucketPolling(asker, "cloudtrail", "trail/", trail)
    assert polling.round() == EVERY_S
    polling.round()
    assert (lake(app, "cloudtrail", "eventName"), len(trail.fetched)) == ([f"Event{n}" for n in range(5)], 6)
    trail.put("3.json.gz", "Later")
    polling.round()
    assert lake(app, "cloudtrail", "eventName")[5:] == ["Later"]
    with app.store.reading() as shelves:
        assert shelves.quarantine.count_waiting() == 1


def test_killed_after_the_append_an_object_is_not_read_twice(app, asker, monkeypatch) -> None:
    class Killed(BaseException):
        pass

    trail = Trail()
    trail.put("a", "One")
    append = type(app.lake).append

    def killed(self, source, lines):
        append(self, source, lines)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(type(app.lake), "append", killed)
        with pytest.raises(Killed):
            BucketPolling(asker, "cloudtrail", "trail/", trail).round()
    BucketPolling(asker, "cloudtrail", "trail/", trail).round()
    assert lake(app, "cloudtrail", "eventName") == ["One"]


def test_one_process_has_the_turn_until_it_is_gone(app, asker) -> None:
    trail = Trail()
    trail.put("a", "One")
    assert asker.has_turn("trail/")
    other = BucketPolling(replace(asker, owner="two"), "cloudtrail", "trail/", trail)
    assert (other.round(), trail.fetched) == (EVERY_S, [])
    app.clock.push(timedelta(minutes=10))
    other.round()
    assert (trail.fetched, asker.has_turn("trail/")) == (["a"], False)
    watched = Watched()
    assert replace(asker, owner="three").has_turn("logs:app")
    assert LogPolling(asker, "app", "app", watched).round() == EVERY_S
    assert watched.asked == []


def test_log_events_that_come_late_are_kept_and_none_twice(app, asker) -> None:
    watched = Watched()
    polling = LogPolling(asker, "app", "/ecs/app", watched)
    watched.say(app.clock.now() - timedelta(minutes=30), "first", '{"user":"eve"}')
    polling.round()
    for _ in range(90):
        app.clock.push(timedelta(minutes=1))
        polling.round()
    assert len(app.lake.read("app", 0, 99)[0]) == 2
    watched.say(app.clock.now() - timedelta(minutes=9), "late")
    app.clock.push(timedelta(minutes=1))
    polling.round()
    polling.round()
    assert lake(app, "app", "message") == ["first", "", "late"]
    assert lake(app, "app", "user")[1] == "eve"
    with app.store.reading() as shelves:
        assert len(shelves.marks.all("cloudwatch.seen")) == 1


def test_metrics_are_samples_whose_job_is_heard_of(app, asker) -> None:
    polling = MetricPolling(asker, [WantedMetric("AWS/SQS", "age", "Sum")], Watched(), app.samples, app.tally)
    assert polling.round() == EVERY_S
    assert app.tally.drain().keys() == {"aws"}
    assert (
        MetricPolling(replace(asker, owner="two"), (), Watched(), app.samples, app.tally).round() == EVERY_S
    )
