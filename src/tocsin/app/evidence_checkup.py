"""Looks at how safely evidence lies: what the locker refuses, and who could read what is encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.app.evidence import recipients_of
from tocsin.app.evidence_policy import evidence_policy
from tocsin.app.home_checkup import Finding, Standing
from tocsin.app.performing import collectors_of
from tocsin.app.wiring import App
from tocsin.flow.collect import ALERT_CONTEXT
from tocsin.store.locker import DiskLocker


def check_evidence(app: App) -> Iterator[Finding]:
    """Try to overwrite and delete in the locker, and look for recipients and for collectors nobody has."""
    tried = DiskLocker(app.settings.home / "evidence").tried()
    if tried.refuses_all:
        yield Finding("locker", Standing.OK, "The evidence locker let nothing be overwritten or deleted.")
    else:
        let = " and ".join(tried.let)
        words = f"The evidence locker is a plain folder: this user could {let} a file in it."
        step = (
            "The log shows what was changed or deleted, nothing prevents it; docs/evidence.md says what does."
        )
        yield Finding("locker", Standing.WARNING, words, step)
    if not recipients_of(app):
        words = "No age recipients are set: bags are not encrypted, and collectors of secrets keep nothing."
        step = "Name the public case key and escrow key in TOCSIN_EVIDENCE_RECIPIENTS."
        yield Finding("recipients", Standing.WARNING, words, step)
    yield from _unknown(app)


def _unknown(app: App) -> Iterator[Finding]:
    known = {ALERT_CONTEXT, *collectors_of()}
    for name in sorted(evidence_policy(app.packs).collectors - known):
        words = f"evidence.yml names the collector {name!r}, which no connector has."
        step = "Correct the name; until then each use of it leaves a gap, which needs a second consent."
        yield Finding("collectors", Standing.PROBLEM, words, step)
