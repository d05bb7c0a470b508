"""`tocsin audit`: prove the log, show its signed head, hand it out as a file that verifies elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from tocsin.cli.audit_proofs import proof_verified, proven, vkeys
from tocsin.cli.audit_trust import trusted
from tocsin.cli.exits import Exit
from tocsin.cli.opened import opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import leave, noun, verb
from tocsin.domain.errors import NotFound

if TYPE_CHECKING:
    from tocsin.app.proving import Proven
    from tocsin.app.wiring import App
    from tocsin.audit.verify import Verdict

# Short name and sentence of what is not as it was kept.
Faults = list[tuple[str, str]]
# More faults than these are only counted: a rewritten timeline would fill the screen.
SHOWN = 20


@verb("verify", example="tocsin audit verify log.ndjson --key 'tocsin.local/audit+1a2b3c4d+…'")
@click.argument("path", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--key", help="Verifier key from elsewhere; with PATH, the file's own key is only a claim.")
def verified(show: Show, *, path: Path | None, key: str | None) -> None:
    """Verify the whole log, and exhibits and timelines against it; or an exported file, without database.

    Ends with 7 and the number of the first broken entry when the log is broken; with 6 when the log is sound
    and an exhibit or a line of a timeline is not what the log says.
    """
    if path is None and key is not None:
        raise click.UsageError("--key is for an exported file; give its PATH.")
    exhibits: Faults = []
    records: Faults = []
    logs: tuple[Proven, ...] = ()
    if path is not None:
        verdict = _of_file(show, path, key)
    else:
        with opened() as app:
            logs = app.proving.verify_all()
            verdict = next((each.verdict for each in logs if not each.verdict.sound), logs[-1].verdict)
            if verdict.sound:
                against = app.proving.disagreements()
                exhibits = [(each.name, each.sentence) for each in against.exhibits]
                records = [(each.name, each.sentence) for each in against.records]
            exhibits += changed_exhibits(app)
    _told(show, verdict, exhibits, records, logs)
    if not verdict.sound:
        leave(Exit.BROKEN)
    leave(Exit.PROBLEMS if exhibits or records else Exit.OK)


@verb("head", example="tocsin audit head --json")
def head(show: Show) -> None:
    """Show the last signed head of the log, and the key that checks it."""
    with opened() as app:
        with app.store.reading() as shelves:
            last = shelves.log.last_checkpoint()
            behind = shelves.log.size() + shelves.log.waiting() - (last.size if last else 0)
        key = app.signer.verifier_key
    if last is None:
        raise NotFound(
            "The log has no signed head yet.",
            means="Nothing in it is sealed.",
            next_step="Start the server with `tocsin up`; it signs within seconds.",
        )
    show.one(
        "tocsin.audit.head/1",
        {
            "origin": last.origin,
            "size": last.size,
            "root": last.root.hex(),
            "signed_at": iso(last.signed_at),
            "not_yet_sealed": behind,
            "verifier_key": key,
            "note": last.note,
        },
    )


@verb("export", example="tocsin audit export log.ndjson")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--log", "number", type=click.IntRange(1), help="Which of the logs, from 1, when one broke.")
def exported(show: Show, *, path: Path, number: int | None) -> None:
    """Write the log to a new file, or to stdout with `-`; `audit verify PATH` proves it anywhere.

    It is the log that is written to. A log that broke is exported with --log, as it is.
    """
    with opened() as app:
        from tocsin.app.trusting import believed

        if number is not None and number > app.logs.number:
            raise click.UsageError(f"There are {app.logs.number} logs.")
        lines = app.proving.export(number, believed(app).trust)
        if str(path) == "-":
            for line in lines:
                sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()
            return
        try:
            with path.open("xb") as file:
                file.writelines(lines)
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
        key = app.logs.signer_of(number or app.logs.number).verifier_key
    if show.as_json:
        show.one("tocsin.audit.export/1", {"path": str(path), "verifier_key": key})
    show.say(f"{path} is written. Whoever checks it needs this key from you, not from the file: {key}")


def _of_file(show: Show, path: Path, key: str | None) -> Verdict:
    from tocsin.audit.breach import unless_frozen
    from tocsin.audit.export import read_export
    from tocsin.audit.note import parse_vkey
    from tocsin.audit.verify import verify_records

    trusted = parse_vkey(key) if key is not None else None
    try:
        with path.open("rb") as file:
            export = read_export(file)
            if trusted is None:
                show.say(f"Checked with the file's own key, which is only a claim: {export.key.text}")
            return unless_frozen(verify_records(export.records, trusted or export.key), export.broken)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}.",
            means="Nothing was verified.",
            next_step="Check the path.",
        ) from error


def changed_exhibits(app: App, incident_id: UUID | None = None) -> Faults:
    """Return each exhibit whose bytes are changed or gone; nothing for rows that cannot even be read."""
    from django.db import Error

    try:
        _, faults = app.respond.verify(incident_id)
    except (TypeError, ValueError, Error):
        # The comparison with the log has said so already.
        return []
    return [(each.exhibit.short_name, each.sentence) for each in faults]


def _told(
    show: Show, verdict: Verdict, exhibits: Faults, records: Faults, logs: tuple[Proven, ...] = ()
) -> None:
    record: dict[str, Any] = {
        "sound": verdict.sound,
        "first_broken": verdict.first_broken,
        "last_suspect": verdict.last_suspect,
        "reason": verdict.reason,
        "size": verdict.size,
        "root": verdict.root.hex(),
        "sealed_size": verdict.sealed_size,
        "unsequenced": verdict.unsequenced,
        "checkpoints_checked": verdict.checkpoints_checked,
        "exhibit_faults": [{"id": name, "fault": sentence} for name, sentence in exhibits],
        "record_faults": [{"id": name, "fault": sentence} for name, sentence in records[:SHOWN]],
    }
    if show.as_json:
        show.one("tocsin.audit.verify/1", {**record, "logs": [_log(each) for each in logs]})
    else:
        show.one("", {**record, "exhibit_faults": _names(exhibits), "record_faults": _names(records)})
    show.say(verdict.reason)
    for each in logs[1:]:
        state = "sound" if each.verdict.sound else "broken"
        show.say(f"Since then {each.origin} is written to: {each.verdict.size} entries, {state}.")
    if not verdict.sound:
        show.warn(
            f"The log is broken {_place(verdict)}. "
            "Save the database as it is and open an audit-integrity incident."
        )
    for _, sentence in (*exhibits, *records[:SHOWN]):
        show.warn(sentence)
    if len(records) > SHOWN:
        show.warn(f"{len(records) - SHOWN} more lines differ from the log.")
    if verdict.sound and (exhibits or records):
        show.warn("The log itself is sound: what it says counts. Treat the differences as tampering.")


def _log(proven: Proven) -> dict[str, Any]:
    frozen = proven.frozen
    return {
        "origin": proven.origin,
        "sound": proven.verdict.sound,
        "first_broken": proven.verdict.first_broken,
        "size": proven.verdict.size,
        "frozen_at": iso(frozen.found_at) if frozen else None,
    }


def _place(verdict: Verdict) -> str:
    if verdict.first_broken is None:
        return "at a checkpoint"
    if verdict.last_suspect is None:
        return f"at entry {verdict.first_broken}"
    return f"between entry {verdict.first_broken} and entry {verdict.last_suspect}"


def _names(faults: Faults) -> str:
    return " ".join(dict.fromkeys(name for name, _ in faults))


@verb("monitor", example="tocsin audit monitor --once --json")
@click.option("--once", is_flag=True, help="Look once, at the whole log, and end.")
@click.option("--every", type=click.IntRange(5, 3600), default=60, show_default=True, help="Seconds.")
def monitored(show: Show, *, once: bool, every: int) -> None:
    """Watch the log from a process of its own, reading only, until something is found.

    Ends with 7 when the log is broken and with 6 when something else is of concern. It writes nothing to the
    database, so a role that may only read is enough; it needs to read the folder of the log's keys.
    """
    from time import sleep

    with opened() as app:
        from tocsin.worker.monitoring import monitoring_of

        monitoring = monitoring_of(app)
        monitoring.most = sys.maxsize
        while True:
            verdict, concerns = monitoring.look()
            if once or concerns or not verdict.sound:
                break
            sleep(every)
    found = {concern.value: sentence for concern, sentence in concerns.items()}
    if show.as_json:
        record = {"sound": verdict.sound, "first_broken": verdict.first_broken, "size": verdict.size}
        show.one("tocsin.audit.monitor/1", {**record, "reason": verdict.reason, "concerns": found})
    show.say(verdict.reason)
    for sentence in found.values():
        show.warn(sentence)
    if not verdict.sound and verdict.first_broken is not None:
        leave(Exit.BROKEN)
    leave(Exit.PROBLEMS if found else Exit.OK)


audit = noun(
    "audit",
    "The log: verify, head, trust, export, monitor, proofs.",
    *(verified, head, trusted, exported, monitored, proven, proof_verified, vkeys),
)
