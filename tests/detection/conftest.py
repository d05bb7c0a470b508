"""What the tests of detection share: signals made from a few words, rules made from a few lines."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from tocsin.detection.engine import Plan, compile_plan, latest
from tocsin.detection.rules import RuleSet, load
from tocsin.detection.state import WindowState, micros
from tocsin.domain.detected import DetectedAlert
from tocsin.domain.severity import Severity
from tocsin.domain.signal import Signal

LEVELS: dict[str, Severity | None] = {
    "critical": Severity.P1,
    "high": Severity.P2,
    "medium": Severity.P3,
    "low": Severity.P4,
    "informational": None,
}
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

MakeSignal = Callable[..., Signal]
MakePlan = Callable[..., Plan]


@pytest.fixture(scope="session")
def levels() -> Mapping[str, Severity | None]:
    """Sigma's levels on our scale."""
    return LEVELS


@pytest.fixture(scope="session")
def make_signal() -> MakeSignal:
    """Make a signal `at` seconds after nine o'clock from a record."""

    def make(record: Any, at: float = 0, position: int = 0, source: str = "idp") -> Signal:
        raw = orjson.dumps(record, default=repr) if isinstance(record, dict) else b""
        return Signal(
            raw=raw, record=record, time=START + timedelta(seconds=at), source=source, position=position
        )

    return make


@pytest.fixture(scope="session")
def load_sound() -> Callable[..., RuleSet]:
    """Load rule texts that must have no problem."""

    def make(*texts: str) -> RuleSet:
        rule_set = load((f"{number}.yml", text) for number, text in enumerate(texts))
        assert rule_set.problems == ()
        return rule_set

    return make


@pytest.fixture(scope="session")
def make_plan(load_sound: Callable[..., RuleSet]) -> MakePlan:
    """Compile rule texts."""
    return lambda *texts: compile_plan(load_sound(*texts), levels=LEVELS)


@pytest.fixture(scope="session")
def sigmahq(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SigmaHQ's rules and regression data, unpacked once."""
    folder = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(shared / "data" / "sigmahq.tar.gz") as archive:
        # Python before 3.11.4 has no filters; the archive is ours.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="session")
def rule_files() -> Callable[[Iterable[Path]], list[tuple[str, str]]]:
    """Read rule files, in the order of their paths."""
    return lambda paths: [(path.as_posix(), path.read_text("utf-8")) for path in sorted(paths)]


@pytest.fixture(scope="session")
def sigmahq_rules(sigmahq: Path, rule_files: Callable[[Iterable[Path]], list[tuple[str, str]]]) -> RuleSet:
    """Every live SigmaHQ rule, loaded once."""
    return load(rule_files(path for folder in sigmahq.glob("rules*") for path in folder.rglob("*.yml")))


Told = Callable[..., list[DetectedAlert]]


@pytest.fixture(scope="session")
def tell(make_plan: MakePlan, make_signal: MakeSignal) -> Told:
    """Judge records at seconds one by one, hear on until `end`, and return the last form of each alert.

    The rules are `a`, `b` and `c` (a record with that key) and what is given; the latter's alerts come back.
    """
    base = "".join(
        f"---\ntitle: {word}\nname: {word}\nlogsource: {{category: test}}\n"
        f"detection: {{s: {{{word}|exists: true}}, condition: s}}\n"
        for word in "abc"
    )

    def run(
        rules: str, story: Iterable[tuple[float, Mapping[str, Any]]], end: float, tables: Any = None
    ) -> list[DetectedAlert]:
        loaded = load([("rules.yml", base + rules)], **({"tables": tables} if tables is not None else {}))
        assert loaded.problems == ()
        plan = compile_plan(loaded, levels=LEVELS)
        state, told = WindowState(), []
        for number, (at, record) in enumerate(story):
            signal = make_signal({"category": "test", **record}, at=at, position=number)
            judged = plan.judge(state, [signal])
            state = WindowState.load(judged.state.dump()) if number % 2 else judged.state
            told += judged.alerts
        told += plan.weigh(state, [], heard=micros(START + timedelta(seconds=end))).alerts
        return [alert for alert in latest(told) if alert.rule_title not in ("a", "b", "c")]

    return run
