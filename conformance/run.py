"""Plays the vectors to an engine over JSON lines, and says which it answers as Sigma and this kit say.

`python run.py ENGINE [TOPIC...]` plays all vectors, or those of some topics (`S03 T06`), and ends with 1 if
one fails. ENGINE is the name of a program in `engines/`, or a command in quotes. `python run.py --scores
ENGINE...` writes SCORES.md. Needs nothing but Python's standard library; the protocol is in README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROTOCOL = 1

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Vector:
    """One vector, and the topic (file) that it belongs to."""

    topic: str
    topic_title: str
    content: Json

    @property
    def id(self) -> str:
        return str(self.content["id"])

    def question(self) -> dict[str, Any]:
        """Return what the engine is asked; what is expected is not told."""
        asked = {key: self.content[key] for key in ("tables", "calendars", "until") if key in self.content}
        documents = (json.dumps(document) for document in self.content["rule"])
        return {"id": self.id, "rule": "\n---\n".join(documents), "events": self.content["events"], **asked}


@dataclass(frozen=True)
class Outcome:
    """How one vector went; `reason` is empty if it passed, `missing` what the engine does not offer."""

    vector: Vector
    reason: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """All outcomes of one engine."""

    engine: str
    outcomes: tuple[Outcome, ...]

    def of(self, topic: str = "") -> tuple[int, int, int]:
        """Return how many vectors passed, failed and were not offered, of one topic or of all."""
        mine = [each for each in self.outcomes if topic in ("", each.vector.topic)]
        skipped = sum(bool(each.missing) for each in mine)
        failed = sum(bool(each.reason) for each in mine)
        return len(mine) - skipped - failed, failed, skipped


class Engine:
    """An engine as a process that answers line by line."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        hello = self.ask({"hello": PROTOCOL})
        self.name = f"{hello['engine']} {hello.get('version', '')}".strip()
        self.offers = frozenset(hello.get("offers", ()))

    def ask(self, question: Json) -> dict[str, Any]:
        """Send one line and return the answer. Raises SystemExit if the engine has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the engine ended at {question.get('id', 'hello')}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._process.communicate()


def vectors(topics: Sequence[str] = (), folder: Path = HERE / "vectors") -> Iterator[Vector]:
    """Yield the vectors of all topics, or of some, in order of their files."""
    for path in sorted(folder.glob("*.json")):
        topic = path.name.partition("-")[0]
        if not topics or topic in topics:
            content = json.loads(path.read_text("utf-8"))
            yield from (Vector(topic, content["topic"], each) for each in content["vectors"])


def played(engine: Engine, chosen: Sequence[Vector]) -> Score:
    """Ask an engine all vectors whose needs it offers."""
    outcomes = []
    for vector in chosen:
        missing = tuple(need for need in vector.content.get("needs", ()) if need not in engine.offers)
        if missing:
            outcomes.append(Outcome(vector, missing=missing))
            continue
        answer = engine.ask(vector.question())
        outcomes.append(Outcome(vector, difference(vector.content["expected"], answer)))
    return Score(engine.name, tuple(outcomes))


def difference(expected: Json, answer: Json) -> str:
    """Return what an answer is not as expected, empty if it is; only what is expected is compared."""
    if expected.get("error"):
        return "" if "error" in answer else "accepted, must be an error"
    if "error" in answer:
        return f"refused: {str(answer['error'])[:200]}"
    found = []
    if "matches" in expected and sorted(answer.get("matches", ())) != expected["matches"]:
        found.append(f"matches {sorted(answer.get('matches', ()))}, expected {expected['matches']}")
    if "alerts" in expected and not _alike(expected["alerts"], answer.get("alerts", [])):
        found.append(
            f"alerts {json.dumps(answer.get('alerts', []))}, expected {json.dumps(expected['alerts'])}"
        )
    for name, count in expected.get("diagnostics", {}).items():
        if answer.get("diagnostics", {}).get(name, 0) != count:
            found.append(f"{name} {answer.get('diagnostics', {}).get(name, 0)}, expected {count}")
    if expected.get("remarked") and not answer.get("remarked"):
        found.append("no remark")
    return "; ".join(found)


def _alike(expected: Sequence[Json], got: Sequence[Json]) -> bool:
    """Say whether there are as many alerts as expected, and each expected one has one that fits it."""
    rest = list(got)
    for wanted in sorted(expected, key=len, reverse=True):
        fitting = next((each for each in rest if _fits(wanted, each)), None)
        if fitting is None:
            return False
        rest.remove(fitting)
    return not rest


def _fits(wanted: Json, alert: Json) -> bool:
    for key, value in wanted.items():
        mine = alert.get(key)
        if key in ("first", "last"):
            same = mine is not None and datetime.fromisoformat(mine) == datetime.fromisoformat(value)
        elif key == "group":
            same = _folded(mine or {}) == _folded(value)
        else:
            same = mine == value
        if not same:
            return False
    return True


def _folded(group: Json) -> dict[str, str]:
    return {name: str(value).casefold() for name, value in group.items()}


def command_of(engine: str) -> list[str]:
    """Return the command that starts an engine: a program of this kit, or a command line."""
    program = HERE / "engines" / f"{engine}.py"
    # Without -P an engine would shadow the package that it is named after.
    return [sys.executable, "-P", str(program)] if program.is_file() else shlex.split(engine)


def score_of(engine: str, chosen: Sequence[Vector]) -> Score:
    """Start an engine, play the vectors and end it."""
    running = Engine(command_of(engine))
    try:
        return played(running, chosen)
    finally:
        running.close()


def told(score: Score) -> str:
    """Return a score in words, with every failure."""
    passed, failed, skipped = score.of()
    lines = [
        f"FAILED {each.vector.id} {each.vector.content['title']}: {each.reason}"
        for each in score.outcomes
        if each.reason
    ]
    return "\n".join((*lines, f"{score.engine}: {passed} passed, {failed} failed, {skipped} not offered"))


def scores_page(scores: Sequence[Score], count: int) -> str:
    """Return SCORES.md."""
    lines = [
        "# Scores",
        "",
        f"Made by `python run.py --scores`, from {count} vectors. A vector is not offered to an engine that",
        "does not claim what it needs (`needs`), such as an extension; it is neither passed nor failed.",
        "",
        "| Engine | passed | failed | not offered |",
        "|---|---|---|---|",
    ]
    for score in scores:
        lines.append("| {} | {} | {} | {} |".format(score.engine, *score.of()))
    lines += ["", "## By topic", "", "Passed / failed / not offered.", ""]
    lines += [
        "| Topic | " + " | ".join(score.engine for score in scores) + " |",
        "|---" * (len(scores) + 1) + "|",
    ]
    topics = {each.vector.topic: each.vector.topic_title for each in scores[0].outcomes}
    for topic, title in topics.items():
        cells = " | ".join("{} / {} / {}".format(*score.of(topic)) for score in scores)
        lines.append(f"| {topic} {_cell(title)} | {cells} |")
    for score in scores:
        lines += ["", f"## Deviations of {score.engine}", ""]
        wrong = [each for each in score.outcomes if each.reason]
        lines += [f"- `{each.vector.id}` {_cell(each.vector.content['title'])}" for each in wrong] or [
            "None."
        ]
        needs = sorted({need for each in score.outcomes for need in each.missing})
        if needs:
            lines += ["", "Not offered: " + ", ".join(f"`{need}`" for need in needs) + "."]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"([\\|*<])", r"\\\1", text)


def main() -> int:
    """Play the vectors and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", action="store_true", help="write SCORES.md from several engines")
    parser.add_argument("words", nargs="+", help="an engine and topics, or with --scores engines")
    given = parser.parse_args()
    if given.scores:
        chosen = list(vectors())
        scores = [score_of(engine, chosen) for engine in given.words]
        (HERE / "SCORES.md").write_text(scores_page(scores, len(chosen)), "utf-8")
        print("\n".join(f"{score.engine}: {score.of()}" for score in scores))
        return 0
    engine, *topics = given.words
    score = score_of(engine, list(vectors(topics)))
    print(told(score))
    return 1 if score.of()[1] else 0


if __name__ == "__main__":
    sys.exit(main())
