"""The newest build that was healthy long enough, does not run now and is not suspected comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from builds import GATES, REPOSITORY, commit, deployed, digest_of, history
from tocsin.response.deployments import parse_history
from tocsin.response.provenance import Required
from tocsin.response.rollback import LAST_KNOWN_GOOD, NoProvenBuild, Refusal, candidates

NOW = datetime(2026, 3, 1, 18, tzinfo=UTC)
REQUIRED = Required(gates=GATES, repository=REPOSITORY, healthy_for=timedelta(minutes=10))


def chosen(*rows, target=LAST_KNOWN_GOOD, **known):
    return candidates(parse_history(history(*rows), NOW), target, REQUIRED, **known)


def test_the_newest_comes_first_however_the_file_is_ordered():
    rows = [deployed(3, 120), deployed(1, 0), deployed(2, 60), deployed(4, 180)]
    for order in (rows, rows[::-1]):
        assert [each.commit for each in chosen(*order).fit] == [commit(3), commit(2), commit(1)]


def test_one_commit_is_a_target_only_if_it_is_fit():
    rows = [deployed(1, 0), deployed(2, 60), deployed(3, 120)]
    assert [each.commit for each in chosen(*rows, target=commit(1)).fit] == [commit(1)]
    assert chosen(*rows, target=commit(9)).refused == (Refusal(commit(9), ("it was never deployed",)),)
    assert chosen(target=LAST_KNOWN_GOOD).refused == ()


@pytest.mark.parametrize(
    ("row", "known", "reason"),
    [
        (deployed(1, 0, status="failed"), {}, "it was failed"),
        (deployed(1, 0, status=""), {}, "it was never healthy"),
        (deployed(1, 55), {}, "it was healthy for 5 min only"),
        ({**deployed(1, 0), "digest": ""}, {}, "the history does not tell its digest"),
        (deployed(1, 0), {"named": {commit(1)}}, "an open incident names it"),
        (deployed(1, 0), {"named": {digest_of(b"build 1")}}, "an open incident names it"),
        (deployed(1, 0), {"current": digest_of(b"build 1")}, "it is what runs now"),
        (deployed(1, 0), {"current": commit(1)}, "it is what runs now"),
    ],
)
def test_a_build_that_is_not_fit_is_refused_with_its_reason(row, known, reason):
    found = chosen(row, deployed(2, 60), **known)
    assert found.fit == ()
    assert reason in dict((each.commit, each.reasons) for each in found.refused)[commit(1)]


def test_what_runs_now_is_no_target():
    found = chosen(deployed(1, 0))
    assert found.refused == (Refusal(commit(1), ("it is what runs now",)),)


def test_who_finds_none_is_told_why_of_each():
    refused = NoProvenBuild(chosen(deployed(1, 0)).refused)
    assert f"{commit(1)[:12]}: it is what runs now" in refused.happened
    assert "no build was ever deployed" in NoProvenBuild(()).happened
