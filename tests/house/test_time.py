"""Rule: the clock alone knows what time it is, and every time is aware."""

from __future__ import annotations

import ast

CLOCK = "src/tocsin/domain/clock.py"
ASKING = frozenset(
    [
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "datetime.datetime.now",
        "datetime.datetime.utcnow",
        "date.today",
        "datetime.date.today",
        "time.time",
        "time.time_ns",
        "timezone.now",
        "django.utils.timezone.now",
        "time.localtime",
        "time.gmtime",
    ]
)
NAIVE = frozenset(["datetime.utcnow", "datetime.utcfromtimestamp", "datetime.datetime.utcnow"])
WAITING = frozenset(["time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns"])
# Only these rooms wait for something, and so may measure how long; nobody takes the result for a time of day.
ROOMS_THAT_WAIT = frozenset({"worker", "store"})


def _mentions(source, names):
    """Yield each mention, called or handed on (`default=datetime.now`)."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in names:
            yield node


def test_only_the_clock_asks_for_the_time(sources, keep) -> None:
    broken = [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in sources
        if source.path != CLOCK
        for node in _mentions(source, ASKING)
    ]
    keep(broken, "receive `now`, or a Clock where the composition root makes one")


def test_a_stopwatch_is_used_only_where_something_waits(sources, keep) -> None:
    broken = [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in sources
        if source.room not in ROOMS_THAT_WAIT and source.path != CLOCK
        for node in _mentions(source, WAITING)
    ]
    keep(broken, f"{', '.join(sorted(ROOMS_THAT_WAIT))} wait; other rooms are told the time")


def test_the_functions_of_time_are_not_imported_by_name(sources, keep) -> None:
    by_name = {f"time.{name}" for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter")}
    broken = [source.at(node) for source in sources for node, name in source.imports() if name in by_name]
    keep(broken, "write `time.monotonic()`, so that a reader and this test see it")


def _is_naive(call: ast.Call) -> bool:
    made_by = ast.unparse(call.func)
    keywords = {keyword.arg for keyword in call.keywords}
    if made_by in {"datetime", "datetime.datetime"}:
        return len(call.args) < 8 and not keywords & {"tzinfo", None}
    return made_by.endswith("datetime.fromtimestamp") and len(call.args) < 2 and "tz" not in keywords


def test_no_time_is_naive(sources, keep) -> None:
    broken = [source.at(node) for source in sources for node in _mentions(source, NAIVE)]
    broken += [
        source.at(node)
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and _is_naive(node)
    ]
    keep(broken, "a time without a zone is somebody else's time")
