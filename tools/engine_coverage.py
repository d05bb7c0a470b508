"""Hold the engines to full branch coverage, each file by its own test file alone."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from coverage import Coverage

ROOT = Path(__file__).resolve().parents[1]
ENGINES = (
    "audit",
    "detection",
    "evidence",
    "incidents",
    "intake",
    "investigation",
    "oncall",
    "response",
    "review",
    "runbooks",
    "spend",
    "triage",
)


def main() -> int:
    """Run the engines' tests under coverage and return 0 when every file is full, 1 when not.

    With `--ignored` only print what keeps another run of pytest from running the same tests again.
    """
    chosen = sys.argv[1:] or [room for room in ENGINES if (ROOT / "src/tocsin" / room).is_dir()]
    if chosen == ["--ignored"]:
        print(" ".join(f"--ignore=tests/{room}" for room in ENGINES if (ROOT / "tests" / room).is_dir()))
        return 0
    sources = sorted(path for engine in chosen for path in (ROOT / "src/tocsin" / engine).rglob("*.py"))
    tests = [f"tests/{engine}" for engine in chosen if (ROOT / "tests" / engine).is_dir()]
    if not sources or not tests:
        print("== engine coverage: no engine has tests yet")
        return 0
    print(f"== engine coverage ({len(sources)} files)", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        recorded = Path(scratch) / "recorded"
        if not _run_tests(tests, chosen, recorded):
            return 1
        short = [line for source in sources if (line := _shortfall(source, recorded, Path(scratch)))]
    for line in short:
        print(line)
    print(f"{len(sources) - len(short)} of {len(sources)} files have every branch covered by their own test")
    return 1 if short else 0


def _run_tests(tests: list[str], chosen: list[str], recorded: Path) -> bool:
    settings = recorded.parent / "settings.ini"
    rooms = "\n    ".join(str(ROOT / "src/tocsin" / engine) for engine in chosen)
    settings.write_text(
        f"[run]\nbranch = true\ndata_file = {recorded}\nsource =\n    {rooms}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", *tests, "-q", "--no-header", "-p", "no:cacheprovider"]
    command += ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
    command += ["-n", os.environ.get("WORKERS", "2"), "--dist", "loadfile"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "COVERAGE_FILE": str(recorded)}, check=False)
    return done.returncode == 0


def _shortfall(source: Path, recorded: Path, scratch: Path) -> str:
    """Return what the file's own test leaves uncovered, as one line, or nothing."""
    relative = source.relative_to(ROOT / "src/tocsin")
    own_test = relative.parent / f"test_{relative.name}"
    # Code that runs while modules load belongs to no test; coverage files it under the empty name.
    contexts = ["^$", rf"^tests/{re.escape(own_test.as_posix())}::"]
    coverage = Coverage(data_file=str(recorded), config_file=str(recorded.parent / "settings.ini"))
    coverage.load()
    report = scratch / "report.json"
    with contextlib.redirect_stdout(io.StringIO()):
        coverage.json_report(
            include=[str(source)], contexts=contexts, outfile=str(report), ignore_errors=True
        )
    (found,) = json.loads(report.read_text(encoding="utf-8"))["files"].values()
    lines, branches = found["missing_lines"], found["missing_branches"]
    if not lines and not branches:
        return ""
    arcs = ", ".join(f"{start}->{'exit' if end < 0 else end}" for start, end in branches)
    return (
        f"src/tocsin/{relative}: tests/{own_test} misses lines {lines or 'none'}, branches {arcs or 'none'}"
    )


if __name__ == "__main__":
    sys.exit(main())
