"""`tocsin evidence bag`, `export`, `check`, `decrypt`: evidence that leaves the house, and comes back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import click

from tocsin.cli.evidence_records import bag_record
from tocsin.cli.exits import Exit
from tocsin.cli.ids import demand_number, find_incident
from tocsin.cli.opened import actor, opened
from tocsin.cli.show import Show
from tocsin.cli.verb import leave, verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tocsin.app.bagging import Bagging
    from tocsin.app.wiring import App
    from tocsin.domain.bag import Bag
    from tocsin.domain.exhibit import Exhibit

BAG_COLUMNS = ("id", "incident", "exhibits", "size", "recipients", "packed_at", "packed_by", "digest")
_AGE = b"age-encryption.org/"
_IDENTITY = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


@verb("bag", example="tocsin evidence bag INC-3")
@click.argument("incident_id", metavar="INCIDENT")
def packed(show: Show, *, incident_id: str) -> None:
    """Pack all exhibits of an incident into a BagIt bag, encrypted to TOCSIN_EVIDENCE_RECIPIENTS."""
    with opened() as app:
        from tocsin.app.bagging import bagging_of

        with app.store.reading() as shelves:
            incident = find_incident(shelves, incident_id)
        bag = bagging_of(app).pack(incident.incident_id, actor())
    if show.as_json:
        show.one("tocsin.evidence.bag/1", bag_record(bag, incident.short_name))
    show.say(
        f"{bag.short_name} holds {len(bag.exhibits)} exhibits of {incident.short_name}: sha256:{bag.digest}."
    )
    for sentence in bag.left_out:
        show.warn(f"Not in it: {sentence}")
    if not bag.recipients:
        show.warn("It is not encrypted: TOCSIN_EVIDENCE_RECIPIENTS names nobody.")


@verb("bags", example="tocsin evidence bags INC-3")
@click.argument("incident_id", metavar="INCIDENT")
def bags(show: Show, *, incident_id: str) -> None:
    """List the bags of an incident."""
    with opened() as app, app.store.reading() as shelves:
        incident = find_incident(shelves, incident_id)
        found = [
            bag_record(bag, incident.short_name) for bag in shelves.bags.of_incident(incident.incident_id)
        ]
    show.rows("tocsin.evidence.bags/1", found, BAG_COLUMNS)


@verb("export", example="tocsin evidence export BAG-1 --to /media/usb --reason 'Order 4711'")
@click.argument("named", metavar="BAG|EXHIBIT")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, writable=True),
    help="Folder to write to; nothing in it is overwritten.",
)
@click.option("--reason", required=True, help="Why; it goes into custody and log.")
@click.option("--released-to", default="", help="To whom custody passes, if it does.")
def exported(show: Show, *, named: str, folder: Path, reason: str, released_to: str) -> None:
    """Write a bag (with the proof that it is in the log) or one exhibit to a folder, verified."""
    with opened() as app:
        if named.upper().startswith("EX-"):
            written = _exported_exhibit(app, named, folder, reason, released_to)
        else:
            written = _exported_bag(app, named, folder, reason, released_to)
    show.rows("tocsin.evidence.export/1", [{"file": str(path)} for path in written], ("file",))


@verb("check", example="tocsin evidence check BAG-1.tar.age --identity escrow.key")
@click.argument("file", type=_IDENTITY)
@click.option("--identity", type=_IDENTITY, help="age identity file of one of the recipients.")
@click.option("--digest", help="What the log says of it, sha256:..., to compare with.")
def checked(show: Show, *, file: Path, identity: Path | None, digest: str | None) -> None:
    """Validate every byte of a bag; needs no server. Ends with 6 when it is not what it says."""
    from tocsin.store.bags import checked as validated
    from tocsin.store.bags import unpacked

    with _plain(file, identity) as archive, unpacked(archive) as folder:
        found = validated(folder)
    faults = list(found.faults)
    if digest and digest.removeprefix("sha256:") != found.digest:
        faults.append("its tag manifest is not the one whose digest was given")
    record = {"digest": f"sha256:{found.digest}", "files": found.files, "size": found.size, "faults": faults}
    if show.as_json:
        show.one("tocsin.evidence.check/1", {**record, "tags": dict(found.tags)})
    for fault in faults:
        show.warn(fault)
    if not faults:
        of = found.tags.get("External-Identifier", "?")
        show.say(f"The bag of {of} is whole: {found.files} files, sha256:{found.digest}.")
    leave(Exit.PROBLEMS if faults else Exit.OK)


@verb("decrypt", example="tocsin evidence decrypt BAG-1.tar.age --identity case.key --to BAG-1.tar")
@click.argument("file", type=_IDENTITY)
@click.option("--identity", required=True, type=_IDENTITY, help="age identity file of one of the recipients.")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path), help="File to write; not there yet."
)
def decrypted(show: Show, *, file: Path, identity: Path, target: Path) -> None:
    """Decrypt a bag or an exhibit with your key; needs no server, and the key goes nowhere."""
    with _plain(file, identity) as content, _new(target) as out:
        shutil.copyfileobj(content, out)
    show.say(f"{target} is written.")


def _exported_exhibit(app: App, named: str, folder: Path, reason: str, released_to: str) -> list[Path]:
    from tocsin.app.bagging import bagging_of
    from tocsin.flow.respond import no_exhibit

    bagging, number = bagging_of(app), demand_number(named, "EX", "tocsin evidence list")
    with app.store.reading() as shelves:
        known = shelves.exhibits.get(number)
    if known is None:
        raise no_exhibit(number)
    path = folder / f"{known.short_name}-{known.name}"
    with _reserved(path) as out:
        exhibit, content = bagging.open_exhibit(number, actor(), reason, released_to)
        _copied(bagging, exhibit, content, out)
    return [path]


def _exported_bag(app: App, named: str, folder: Path, reason: str, released_to: str) -> list[Path]:
    from tocsin.app.bagging import bagging_of
    from tocsin.flow.packing import bag_of

    bagging, number = bagging_of(app), demand_number(named, "BAG", "tocsin evidence bags INC-1")
    with app.store.reading() as shelves:
        known = bag_of(shelves, number)
    proofs: Mapping[str, bytes] = bagging.proof(known)
    path = folder / f"{known.short_name}.tar{'.age' if known.recipients else ''}"
    with ExitStack() as reserved:
        out = reserved.enter_context(_reserved(path))
        beside = {name: reserved.enter_context(_reserved(folder / name)) for name in proofs}
        bag, content = bagging.open(number, actor(), reason, released_to)
        _copied(bagging, bag, content, out)
        for name, proof in proofs.items():
            beside[name].write(proof)
    return [path, *(folder / name for name in proofs)]


def _copied(bagging: Bagging, named: Bag | Exhibit, content: BinaryIO, out: IO[bytes]) -> None:
    """Write a copy; custody says already that it is handed out, so a failure gets a line of its own."""
    try:
        with content:
            shutil.copyfileobj(content, out)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        why = error.strerror or type(error).__name__
        bagging.not_written(named, actor(), why)
        raise click.ClickException(f"{named.short_name} was not written: {why}. Custody says so.") from None


@contextmanager
def _reserved(path: Path) -> Iterator[IO[bytes]]:
    """Yield a new file; when the block fails it is removed again. What was there before is never touched."""
    out = _new(path)
    with ExitStack() as failing:
        failing.callback(path.unlink, missing_ok=True)
        with out:
            yield out
        # The block went through, so the file stays.
        failing.pop_all()


def _new(path: Path) -> IO[bytes]:
    try:
        return path.open("xb")
    except FileExistsError:
        raise click.UsageError(f"{path} is there already; nothing was written over it.") from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}.") from None


@contextmanager
def _plain(file: Path, identity: Path | None) -> Iterator[BinaryIO]:
    """Yield what a file holds, decrypted if it is encrypted; nothing decrypted stays on the disk."""
    import tempfile

    from tocsin.store.age import NotDecrypted, decrypt

    with file.open("rb") as content:
        is_sealed = content.read(len(_AGE)) == _AGE
        content.seek(0)
        if not is_sealed:
            yield content
            return
        if identity is None:
            raise NotDecrypted("it is encrypted, and no --identity was given")
        with tempfile.TemporaryFile() as plain:
            decrypt(content, plain, identity.read_text(encoding="utf-8", errors="replace"))
            plain.seek(0)
            yield plain
