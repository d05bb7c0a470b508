"""A service goes back to a proven build and to no other; one that is not healthy is taken back."""

from __future__ import annotations

import json
import socket

import pytest
from shop import build, row

from builds import EVES, GATES, commit, digest_of, provenance, results, signed
from tocsin.connectors.deploy.rollback import DECLARATION, PERFORMERS
from tocsin.domain.acting import CallFailed, PutBack, Seen
from tocsin.domain.playing import drive, rehearse
from tocsin.domain.ports.delivery import FailureKind

LAST = {"service": "shop", "to": "last-known-good"}
DIGEST = digest_of(build(1))


def kept(shop, arguments=LAST):
    return drive(shop.performer.before(arguments), shop.caller_of)


def performed(shop, arguments=LAST, before=None):
    return drive(shop.performer.perform(arguments, before or kept(shop), "act-1"), shop.caller_of)


def test_the_service_runs_the_last_known_good_build_and_its_history_says_so(shop):
    before = kept(shop)
    assert before["to"] == {"commit": commit(1), "digest": DIGEST}
    outcome = performed(shop, before=before)
    assert shop.runs() == {"status": "ok", "commit": commit(1)}
    assert outcome.output == {"commit": commit(1), "digest": DIGEST, "signed": True}
    (rollback,) = json.loads((shop.root / "history.json").read_text())["rollbacks"]
    assert (rollback["commit"], rollback["digest"], rollback["signed"]) == (
        commit(1),
        f"sha256:{DIGEST}",
        "true",
    )
    assert rollback["timestamp"] == "2026-03-01T14:00:00Z"
    assert drive(shop.performer.verify(LAST, before), shop.caller_of) is True
    assert drive(shop.performer.seen(LAST, before, "act-1"), shop.caller_of) is Seen.DONE


def test_what_it_touches_is_read_before_anybody_agrees(shop):
    touched = drive(shop.performer.objects(LAST), shop.caller_of)
    assert touched == {"services": ("shop",), "builds": (f"sha256:{DIGEST}", commit(1))}


def test_undo_brings_back_what_ran_before(shop):
    before = kept(shop)
    performed(shop, before=before)
    undone = drive(shop.performer.undo(LAST, before, "act-2"), shop.caller_of)
    assert shop.runs()["commit"] == commit(2)
    assert "runs" in undone.text
    rollbacks = json.loads((shop.root / "history.json").read_text())["rollbacks"]
    assert [each["commit"] for each in rollbacks] == [commit(1), commit(2)]


def test_an_unhealthy_build_is_taken_back_and_the_action_failed(shop):
    broken = shop.healthy(3, "ill")
    shop.wrote(row(1, 8, DIGEST), row(3, 10, broken), row(2, 12, digest_of(build(2, "broken")), "failed"))
    with pytest.raises(PutBack, match="is not healthy; what ran before was put back"):
        performed(shop)
    assert shop.runs()["commit"] == commit(2)
    assert "rollbacks" not in json.loads((shop.root / "history.json").read_text())


def test_a_build_whose_artifact_is_lost_does_not_end_the_search(shop):
    lost = shop.healthy(3)
    shop.wrote(row(1, 8, DIGEST), row(3, 10, lost), row(2, 12, digest_of(build(2, "broken")), "failed"))
    assert kept(shop)["to"]["commit"] == commit(3)
    (shop.root / "registry" / f"{lost}.py").unlink()
    assert kept(shop)["to"]["commit"] == commit(1)


def test_where_nobody_knows_what_ran_before_that_is_said(shop):
    broken = shop.healthy(3, "ill")
    shop.wrote(row(3, 10, broken), {**row(2, 12, DIGEST, "failed"), "digest": ""})
    with pytest.raises(CallFailed, match="could NOT be put back"):
        performed(shop)


def empty_stages(shop):
    shop.store(1, build(1), [b"{}", b"[]"])
    (shop.root / "provenance" / f"{commit(1)}.json").write_text('{"stages": {}}')


def wrong_signer(shop):
    shop.store(1, build(1), [signed(provenance(DIGEST, commit(1)), EVES), signed(results(DIGEST), EVES)])


def wrong_commit(shop):
    shop.store(1, build(1), [signed(provenance(DIGEST, commit(9))), signed(results(DIGEST))])


def replayed(shop):
    other = digest_of(build(7))
    shop.store(1, build(1), [signed(provenance(other, commit(1))), signed(results(other))])


def current_build(shop):
    shop.wrote(row(1, 10, DIGEST))


def missing_gate(shop):
    shop.store(1, build(1), [signed(provenance(DIGEST, commit(1))), signed(results(DIGEST, GATES[:1]))])


def altered_artifact(shop):
    (shop.root / "registry" / f"{DIGEST}.py").write_bytes(build(1) + b"# and a back door\n")


def lost_artifact(shop):
    (shop.root / "registry" / f"{DIGEST}.py").unlink()


def unhealthy_history(shop):
    shop.wrote(row(1, 10, DIGEST, "failed"), row(2, 12, digest_of(build(2, "broken")), "failed"))


FORGED = [
    (empty_stages, "no signed provenance"),
    (wrong_signer, "no signed provenance"),
    (wrong_commit, "of another commit"),
    (replayed, "no signed provenance"),
    (current_build, "it is what runs now"),
    (missing_gate, "'sast' is not shown"),
    (altered_artifact, "its artifact is not the one that was signed"),
    (lost_artifact, rf"{commit(1)[:12]}.*its artifact is not there \(.*registry/{DIGEST}\.py\)"),
    (unhealthy_history, "it was failed"),
]


@pytest.mark.parametrize(("forge", "reason"), FORGED, ids=[forge.__name__ for forge, _ in FORGED])
@pytest.mark.parametrize("to", ["last-known-good", commit(1)], ids=["last known good", "by commit"])
def test_a_forged_set_is_refused_and_nothing_is_deployed(shop, forge, reason, to):
    before = kept(shop, {**LAST, "to": to})
    shop.calls.clear()
    forge(shop)
    for play in (
        shop.performer.objects({**LAST, "to": to}),
        shop.performer.perform({**LAST, "to": to}, before, "act-1"),
    ):
        with pytest.raises(CallFailed, match=reason) as refused:
            drive(play, shop.caller_of)
        assert refused.value.kind is FailureKind.REFUSED
    assert not shop.changed


def test_a_build_that_an_open_incident_names_is_refused(shop):
    shop.named.append(commit(1))
    with pytest.raises(CallFailed, match="an open incident names it"):
        kept(shop)


def test_a_build_that_was_exchanged_after_the_look_is_refused(shop):
    before = kept(shop)
    with pytest.raises(CallFailed, match="not the one that was looked at"):
        performed(shop, before={**before, "to": {"commit": commit(1), "digest": "0" * 64}})
    assert not shop.changed


def test_unsigned_stages_count_only_where_the_file_says_so_and_the_record_tells_it(shop):
    wrong_signer(shop)
    stages = {gate: {"status": "pass"} for gate in GATES}
    (shop.root / "provenance" / f"{commit(1)}.json").write_text(json.dumps({"stages": stages}))
    with pytest.raises(CallFailed):
        kept(shop)
    shop.more = "  unsigned: true\n"
    outcome = performed(shop)
    assert "NOT signed" in outcome.text
    assert outcome.output["signed"] is False
    assert json.loads((shop.root / "history.json").read_text())["rollbacks"][0]["signed"] == "false"


def test_after_a_crash_what_runs_tells_whether_it_was_done(shop):
    before = kept(shop)
    assert drive(shop.performer.seen(LAST, before, "act-1"), shop.caller_of) is Seen.CANNOT_TELL
    performed(shop)
    shop.wrote(row(1, 10, DIGEST), row(2, 12, digest_of(build(2, "broken")), "failed"))
    assert drive(shop.performer.seen(LAST, before, "act-1"), shop.caller_of) is Seen.CANNOT_TELL
    elsewhere = {**before, "to": {**before["to"], "digest": "0" * 64}}
    assert drive(shop.performer.seen(LAST, elsewhere, "act-1"), shop.caller_of) is Seen.NOT_DONE


def test_a_rehearsal_is_silent_and_lists_the_calls_of_the_real_run(shop, monkeypatch):
    before = kept(shop)
    shop.calls.clear()
    performed(shop, before=before)
    real = list(shop.calls)

    def never(*arguments, **words):
        raise AssertionError("a rehearsal asked the network")

    monkeypatch.setattr(socket, "socket", never)
    rehearsed = rehearse(shop.performer.before(LAST)).given
    listed = rehearse(shop.performer.perform(LAST, rehearsed, "act-1")).calls
    assert [call.operation for call in listed] == real
    assert sum(call.changes for call in listed) == 2


def test_a_service_that_nobody_described_can_be_rehearsed_and_is_refused_in_earnest(shop):
    (plain,) = PERFORMERS
    arguments = {"service": "nobody", "to": "last-known-good"}
    assert rehearse(plain.objects(arguments)).given["services"] == ("nobody",)
    with pytest.raises(CallFailed, match="'nobody' stands under `deploy`") as refused:
        drive(plain.objects(arguments), shop.caller_of)
    assert refused.value.kind is FailureKind.MISCONFIGURED


def test_a_history_that_cannot_be_read_is_a_wrong_setting(shop):
    (shop.root / "history.json").write_text("{")
    with pytest.raises(CallFailed, match="history of deployments cannot be read"):
        kept(shop)


def test_it_says_of_itself_what_people_must_know():
    assert DECLARATION.undo is not None
    assert DECLARATION.action_class.is_containment
