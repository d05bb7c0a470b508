"""`tocsin audit proof | verify-proof | vkey`: what an outsider needs to check one entry without us."""

from __future__ import annotations

from pathlib import Path

import click

from tocsin.cli.opened import opened
from tocsin.cli.show import Show, iso
from tocsin.cli.verb import verb
from tocsin.domain.errors import NotFound

# A proof is a note of at most 131,072 bytes behind 63 hashes; an entry has at most 65,535 bytes.
MAX_PROOF_BYTES = 262_144
MAX_ENTRY_BYTES = 65_536
MAX_POLICY_BYTES = 1 << 20

_NEW_FILE = click.Path(path_type=Path, dir_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)


@verb("proof", example="tocsin audit proof EX-3 -o EX-3.tlog-proof --entry EX-3.entry")
@click.argument("entry")
@click.option("-o", "--out", type=_NEW_FILE, required=True, help="New file for the proof (.tlog-proof).")
@click.option("--entry", "entry_file", type=_NEW_FILE, help="New file for the entry's bytes.")
def proven(show: Show, *, entry: str, out: Path, entry_file: Path | None) -> None:
    """Write a proof that an entry is in the log: its index, its id, or an exhibit (EX-3)."""
    with opened() as app:
        # Only now is Django set up, without which its tables cannot be imported.
        from tocsin.app.entry_proofs import proof_of

        found = proof_of(app, entry)
    _write(out, found.text.encode())
    if entry_file is not None:
        _write(entry_file, found.content)
    if show.as_json:
        show.one(
            "tocsin.audit.proof/1",
            {
                "path": str(out),
                "entry_path": str(entry_file) if entry_file else None,
                "log": found.log,
                "index": found.index,
                "size": found.size,
            },
        )
    show.say(f"{out} proves entry {found.index} under the head at size {found.size}.")


@verb("verify-proof", example="tocsin audit verify-proof EX-3.tlog-proof EX-3.entry --policy policy.txt")
@click.argument("path", metavar="FILE", type=_FILE)
@click.argument("entry", metavar="ENTRY_BYTES", type=_FILE)
@click.option("--policy", type=_FILE, required=True, help="tlog-policy file with the keys you trust.")
def proof_verified(show: Show, *, path: Path, entry: Path, policy: Path) -> None:
    """Check a proof by a policy of yours, without network, database or home."""
    from datetime import UTC, datetime

    from tocsin.audit.policy import parse_policy
    from tocsin.audit.proof import ProofRefused, check_by_policy

    try:
        text = _read(path, MAX_PROOF_BYTES).decode()
    except UnicodeDecodeError:
        raise ProofRefused("The proof is not valid UTF-8.") from None
    trusted = parse_policy(_read(policy, MAX_POLICY_BYTES))
    found = check_by_policy(text, _read(entry, MAX_ENTRY_BYTES), trusted)
    last = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
    cosigned = {name: iso(datetime.fromtimestamp(min(at, last), UTC)) for name, at in found.times_s.items()}
    record = {
        "proven": True,
        "origin": found.head.origin,
        "size": found.head.size,
        "root": found.head.root.hex(),
    }
    if show.as_json:
        show.one("tocsin.audit.verify-proof/1", {**record, "cosigned": cosigned})
    else:
        words = ", ".join(f"{name} at {at}" for name, at in cosigned.items())
        show.one("", {**record, "cosigned": words or "nobody, and the policy asks for nobody"})
    show.say("The entry is in the log.")


@verb("vkey", example="tocsin audit vkey")
def vkeys(show: Show) -> None:
    """Show the log's verifier keys, for the `log` lines of a policy."""
    with opened() as app:
        keys = {"ed25519": app.signer.verifier_key, "ml_dsa_44": app.signer.second_key}
        origin = app.signer.origin
    show.one("tocsin.audit.vkey/1", {"origin": origin, **keys})


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise NotFound(
            f"{path} cannot be read: {error.strerror}.",
            means="Nothing was verified.",
            next_step="Check the path.",
        ) from error


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
