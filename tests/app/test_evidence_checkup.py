from __future__ import annotations

from pathlib import Path

import pyrage

from nouns import NOON
from tocsin.app.evidence_checkup import check_evidence
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.domain.clock import PushedClock
from tocsin.store.locker import DiskLocker, Tried


def application(home: Path, store, **environ: str) -> App:
    return build_app(load_settings(environ, home=home), clock=PushedClock(NOON), store=store)


def found(app: App) -> dict[str, tuple[str, str]]:
    return {each.name: (each.standing.value, each.words) for each in check_evidence(app)}


def test_a_plain_folder_is_said_to_be_one_and_so_is_a_lack_of_recipients(
    tmp_path: Path, memory_store
) -> None:
    told = found(application(tmp_path, memory_store))
    assert told["locker"] == (
        "warning",
        "The evidence locker is a plain folder: this user could overwrite and delete a file in it.",
    )
    assert told["recipients"][0] == "warning"


def test_a_locker_that_refuses_and_two_recipients_are_fine(tmp_path: Path, memory_store, monkeypatch) -> None:
    both = ",".join(str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))
    app = application(tmp_path, memory_store, TOCSIN_EVIDENCE_RECIPIENTS=both)
    monkeypatch.setattr(DiskLocker, "tried", lambda self: Tried(()))
    told = found(app)
    assert told["locker"][0] == "ok"
    assert "recipients" not in told


def test_a_collector_that_nobody_has_is_a_problem(tmp_path: Path, memory_store) -> None:
    pack = tmp_path / "packs" / "ours"
    pack.mkdir(parents=True)
    (pack / "evidence.yml").write_text("open: [{keep: [audit.snapshot, alert.context, app.lgo]}]\n")
    told = found(application(tmp_path, memory_store))
    assert told["collectors"] == (
        "problem",
        "evidence.yml names the collector 'app.lgo', which no connector has.",
    )
