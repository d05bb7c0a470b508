"""Collecting, holding and destroying by the command line."""

from __future__ import annotations

from tocsin.domain.job import JobState
from tocsin.flow.holding import Holding


def test_a_collector_is_started_for_each_object(firing, typed) -> None:
    words = ("evidence", "collect", "INC-1", "files", "--of", "a", "--of", "b", "--with", "path=/var/log/a")
    assert typed(*words).exit_code == 0
    with firing.store.reading() as shelves:
        jobs = [
            job for job in shelves.jobs.listed(JobState.READY, 100) if job.args.get("collector") == "files"
        ]
    assert sorted(job.args["of"] for job in jobs) == ["a", "b"]
    assert {job.args["arguments"] for job in jobs} == {'{"path":"/var/log/a"}'}


def test_a_collector_that_is_not_there_is_named_with_those_that_are(firing, typed) -> None:
    result = typed("evidence", "collect", "INC-1", "filse")
    assert result.exit_code == 2
    assert "audit.snapshot" in result.stderr
    assert typed("evidence", "collect", "INC-1", "files", "--with", "path").exit_code == 2


def test_what_is_held_is_not_destroyed_until_the_hold_is_released(firing, answer, typed) -> None:
    held = answer("evidence", "hold", "INC-1", "--reason", "Order 4711")
    assert (held["id"], held["incident"], held["reason"]) == ("LH-1", "INC-1", "Order 4711")
    destroy = ("evidence", "destroy", "EX-1", "--reason", "Kept by mistake", "--yes")
    refused = typed(*destroy)
    assert refused.exit_code == 5
    assert "LH-1" in refused.stderr
    assert typed("evidence", "release", "LH-1", "--reason", "Lifted").exit_code == 0
    (listed,) = answer("evidence", "holds")
    assert listed["released_by"].startswith("cli:")
    assert "INC-1 is" in typed(*destroy).stderr


def test_the_command_line_only_asks_that_evidence_be_destroyed(firing, answer, typed) -> None:
    for status in ("resolved", "closed"):
        assert typed("incident", "move", "INC-1", status, "--reason", "Over").exit_code == 0
    words = ("evidence", "destroy", "EX-1", "--reason", "Kept by mistake")
    assert "would be asked" in typed(*words).stderr
    for _ in range(3):
        assert "two administrators consent" in typed(*words, "--yes").stderr
    answer("evidence", "bag", "INC-1")
    holding = Holding(firing.store, firing.clock, firing.locker)
    assert holding.consent(1, "ada").asked is not None
    assert holding.consent(1, "dana").asked is None
    assert "Copies are still in BAG-1" in typed(*words, "--yes").stderr
    last = answer("evidence", "show", "EX-1")["custody"][-1]
    assert (last["act"], last["reason"]) == ("destroyed", "Kept by mistake (consented to by ada and dana)")
    assert answer("evidence", "verify") == {"checked": 1, "faults": []}
    assert typed("evidence", "bag", "INC-1").exit_code == 3
