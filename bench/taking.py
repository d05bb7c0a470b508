"""Takes lines in and judges them in this process, and says what each stage took; a part of `live.py`."""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from windows_lines import Stamped, otrf

RUNS = 3
Figures = dict[str, dict[str, float]]


def taken(home: Path, count: int, size: int) -> Figures:
    """Take lines in and judge them, in a process of its own: cold once, then warm, plain and gzip."""
    app, stages = wired(home)
    judging = judge(app, stages)
    stamped = Stamped(otrf(count))
    figures: Figures = {}
    runs = {"cold": 1, "warm": RUNS, "warm, gzip": RUNS}
    begun = datetime.now(UTC) - timedelta(minutes=5)
    for which, times in runs.items():
        rows = []
        for _ in range(times):
            begun += timedelta(seconds=count / 5_000)
            lines = stamped.lines(begun, per_second=5_000)
            bodies = [b"\n".join(lines[at : at + size]) for at in range(0, count, size)]
            floors = floors_of(lines, bodies, home / "floor")
            packed = [gzip.compress(body, 6) for body in bodies] if "gzip" in which else bodies
            stages.clear()
            cpu, wall = time.process_time(), time.perf_counter()
            for body in packed:
                stages.within("read", app.hearing.signals)(body, "", source="bench", sender="bench")
                while stages.within("judge", judging.round)() == 0.0:
                    pass
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            rows.append(row_of(count, cpu, wall, floors, stages))
        figures[which] = min(rows, key=lambda row: row["us"])
    return figures


def row_of(
    count: int, cpu: float, wall: float, floors: Mapping[str, float], stages: Stages
) -> dict[str, float]:
    """Return a run's figures; microseconds are those of one signal."""
    parts = {f"{name}_us": 1e6 * spent / count for name, spent in sorted(stages.spent.items())}
    return {
        "signals_s_core": count / cpu,
        "ratio_to_orjson": cpu / floors["orjson"],
        "ratio_to_floors": cpu / sum(floors.values()),
        "us": 1e6 * cpu / count,
        "wall_us": 1e6 * wall / count,
        **{f"floor_{name}_us": 1e6 * took / count for name, took in floors.items()},
        **parts,
    }


def floors_of(lines: Sequence[bytes], bodies: Sequence[bytes], place: Path) -> dict[str, float]:
    """Return the CPU seconds that decoding, hashing and synced writing of these bytes take by themselves."""
    with place.open("ab") as file:
        return {
            "orjson": cpu_of(lambda: decoded(lines)),
            "sha256": cpu_of(lambda: [hashlib.sha256(body).digest() for body in bodies]),
            "write": cpu_of(lambda: [written(file, body) for body in bodies]),
        }


def written(file: BinaryIO, body: bytes) -> None:
    file.write(body)
    file.flush()
    os.fdatasync(file.fileno())


@dataclass
class Stages:
    """CPU seconds of each stage, without those of the stages inside it."""

    spent: dict[str, float] = field(default_factory=dict)
    _open: list[float] = field(default_factory=list)

    def clear(self) -> None:
        self.spent.clear()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = time.process_time()
        self._open.append(0.0)
        try:
            yield
        finally:
            took = time.process_time() - begun
            self.spent[name] = self.spent.get(name, 0.0) + took - self._open.pop()
            if self._open:
                self._open[-1] += took

    def within(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **named: Any) -> Any:
            with self.stage(name):
                return work(*args, **named)

        return timed


class Timed:
    """Stands before something; calls of the named methods count as a stage."""

    def __init__(self, inner: object, stages: Stages, **names: str) -> None:
        self._inner = inner
        for method, stage in names.items():
            setattr(self, method, stages.within(stage, getattr(inner, method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class TimedStore(Timed):
    """A store whose transactions and readings count."""

    def __init__(self, inner: Any, stages: Stages) -> None:
        super().__init__(inner, stages)
        self._stages = stages

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        with self._stages.stage("commit"), self._inner.transaction() as shelves:
            yield shelves

    @contextmanager
    def reading(self) -> Iterator[Any]:
        with self._stages.stage("look"), self._inner.reading() as shelves:
            yield shelves


def wired(home: Path) -> tuple[Any, Stages]:
    """Build the application of a home folder. Django can be set up only once, so a process has one."""
    from tocsin.app.settings import load_settings  # noqa: PLC0415
    from tocsin.process.preparing import prepare  # noqa: PLC0415

    settings = load_settings({}, home=home)
    prepare(settings)
    from tocsin.app.wiring import build_app  # noqa: PLC0415

    stages = Stages()
    app = build_app(settings)
    lake = Timed(app.lake, stages, append="append", read="fetch")
    return replace(app, hearing=replace(app.hearing, lake=lake), lake=lake), stages


def judge(app: Any, stages: Stages) -> Any:
    from tocsin.connectors.signals.inbound import signal_of  # noqa: PLC0415
    from tocsin.worker.judging import Judging  # noqa: PLC0415

    plan = Timed(app.plan, stages, sift="sift", weigh="weigh")
    take = Timed(app.take, stages, detected="alerts")
    return Judging(TimedStore(app.store, stages), app.lake, plan, take, app.clock, signal_of)


def decoded(lines: Iterable[bytes]) -> None:
    for line in lines:
        orjson.loads(line)


def cpu_of(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


if __name__ == "__main__":
    found = taken(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.buffer.write(orjson.dumps(found))
