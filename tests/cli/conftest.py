"""A home with a real database, an application on it, and a way to type commands."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tocsin.app.drills import ONCALL
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.audit.checkpoint import signed
from tocsin.audit.merkle import Frontier
from tocsin.cli.main import tocsin
from tocsin.domain.job import Job
from tocsin.flow.admitting import Stored
from tocsin.flow.collect import Collected
from tocsin.flow.deliver import Outgoing
from tocsin.flow.paging import DELIVER
from tocsin.flow.respond import COLLECT

FIRING = {
    "labels": {"alertname": "DiskFull", "severity": "critical", "service": "shop"},
    "annotations": {"summary": "The disk of shop is full"},
}

Typed = Callable[..., Result]


@pytest.fixture
def home(sqlite_store: Any, tmp_path: Path) -> Path:
    """Return a home folder whose database is migrated; Ben is on call, Ada second."""
    oncall = tmp_path / "packs" / "team" / "oncall.yml"
    oncall.parent.mkdir(parents=True)
    oncall.write_text(ONCALL.replace("STARTS", "2020-01-06").replace("[ben, ada]", "[ben]"))
    return tmp_path


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    """Return a function that runs `tocsin` with words, on the home of the test."""

    def run(*words: str, **options: Any) -> Result:
        env = {"TOCSIN_HOME": str(tmp_path), "NO_COLOR": None, **options.pop("env", {})}
        return CliRunner().invoke(tocsin, list(words), env=env, **options)

    return run


@pytest.fixture
def answer(typed: Typed) -> Callable[..., Any]:
    """Return a function that runs a verb with `--json` and returns the envelope's data."""

    def run(*words: str) -> Any:
        result = typed(*words, "--json")
        assert result.exit_code == 0, result.output
        envelope = json.loads(result.stdout)
        assert envelope.keys() == {"schema", "data", "next"}
        assert envelope["schema"].startswith("tocsin.")
        return envelope["data"]

    return run


@pytest.fixture
def app(home: Path) -> Iterator[App]:
    """Return an application on the same home, to arrange what the commands then see."""
    built = build_app(load_settings({"TOCSIN_HOME": str(home)}))
    yield built
    built.hang_up()


@pytest.fixture
def report(app: App) -> Callable[..., None]:
    """Return a function that reports alerts as Prometheus does."""

    def run(*alerts: dict[str, Any]) -> None:
        body = json.dumps(alerts).encode()
        app.hearing.api_alerts(body, "application/json", source="prometheus", sender="test")

    return run


@pytest.fixture
def work(app: App) -> Callable[[], None]:
    """Return a function that does what workers do: collects, delivers, sequences and signs."""

    def run() -> None:
        for job in _claimed(app, COLLECT):
            with app.store.reading() as shelves:
                collected = app.respond.collect(shelves, job)
            # The collectors of the policy are left out: a test that is about one of them runs it.
            stored = []
            if isinstance(collected, Collected):
                stored = [Stored(collected.deposit, *app.locker.keep(io.BytesIO(collected.content)))]
            with app.store.transaction() as shelves:
                app.respond.settle(shelves, stored)
                shelves.jobs.finish(job.key, job.owner)
        for job in _claimed(app, f"{DELIVER}.inbox"):
            with app.store.reading() as shelves:
                outgoing = app.deliver.outgoing(shelves, job)
            assert isinstance(outgoing, Outgoing)
            receipt = app.channels["inbox"].send(outgoing.message, outgoing.address)
            with app.store.transaction() as shelves:
                app.deliver.settle(shelves, job, receipt)
        _seal(app)

    return run


def _claimed(app: App, kind: str) -> tuple[Job, ...]:
    with app.store.transaction() as shelves:
        return shelves.jobs.claim([kind], "test", app.clock.now(), 30.0, 100)


def _seal(app: App) -> None:
    with app.store.transaction() as shelves:
        shelves.log.sequence()
        frontier = Frontier()
        for leaf in shelves.log.leaves(0, shelves.log.size()):
            frontier.append(leaf.leaf_hash)
        hashes = [leaf.leaf_hash for leaf in shelves.log.leaves(0, frontier.size)]
        app.signer.remember_hashes(lambda start: hashes[start:])
        checkpoint = signed(frontier.size, frontier.root(), app.signer, app.clock.now())
        shelves.log.add_checkpoint(checkpoint)


@pytest.fixture
def firing(app: App, report: Callable[..., None], work: Callable[[], None]) -> App:
    """Return the application after one alert opened INC-1 as P1, which paged Ben and kept EX-1."""
    report(FIRING)
    work()
    return app
