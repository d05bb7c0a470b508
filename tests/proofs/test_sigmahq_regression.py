"""Short form of proofs/sigmahq_regression.py: every event log of SigmaHQ's regression data fires its rule."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigmahq_cases import EXCEPTIONS, Case, cases
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import load

ID = re.compile(r"^id: ([0-9a-f-]{36})", re.MULTILINE)


@pytest.fixture(scope="module")
def sigmahq(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sigmahq")
    with tarfile.open(shared / "data" / "sigmahq.tar.gz") as archive:
        # Python before 3.11.4 has no filters; the archive is ours.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def all_cases(sigmahq: Path) -> tuple[Case, ...]:
    return tuple(cases(sigmahq))


@pytest.fixture(scope="module")
def matcher(sigmahq: Path, all_cases: tuple[Case, ...]) -> tuple[Matcher, list[str]]:
    """The rules that have a case, and their ids."""
    wanted = {case.rule for case in all_cases}
    rules = load(_texts(sigmahq, wanted)).rules
    return Matcher(rules), [rule.header.id for rule in rules]


def _texts(root: Path, wanted: set[str]) -> Iterator[tuple[str, str]]:
    for path in sorted(each for folder in root.glob("rules*") for each in folder.rglob("*.yml")):
        text = path.read_text("utf-8")
        named = ID.search(text)
        if named and named.group(1) in wanted:
            yield path.as_posix(), text


def test_every_event_log_fires_its_rule_as_often_as_it_should(
    all_cases: tuple[Case, ...], matcher: tuple[Matcher, list[str]]
) -> None:
    plan, names = matcher
    wrong = []
    for case in all_cases:
        count = sum(case.rule in {names[hit] for hit in plan.hits(record)} for record in case.records())
        if count == 0 or case.wanted not in (None, count):
            wrong.append((case.title, count, case.wanted))
    assert len(all_cases) == 202
    assert wrong == []


def test_an_event_log_and_its_json_twin_give_the_same_hits(
    all_cases: tuple[Case, ...], matcher: tuple[Matcher, list[str]]
) -> None:
    plan, _ = matcher
    differing = [
        case.log.name
        for case in all_cases
        if [plan.hits(record) for record in case.records()] != [plan.hits(record) for record in case.twins()]
    ]
    assert differing == []


def test_every_exception_is_one_of_a_case_and_is_needed(all_cases: tuple[Case, ...]) -> None:
    stated = {case.rule: case.stated for case in all_cases}
    assert all(stated[rule] not in (None, count) for rule, (count, _) in EXCEPTIONS.items())
