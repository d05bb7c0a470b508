"""The log proven by the command line: sound, broken, exported, and beside a server that is writing."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection

from tocsin.store.leaf import leaf_hash
from tocsin.worker.monitoring import monitoring_of
from tocsin.worker.seals import seals_of


@pytest.fixture
def behind():
    """Return a function that runs a statement behind the back of the product."""

    def run(statement: str, values: tuple[Any, ...] = ()) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute(statement, values)

    return run


@pytest.fixture
def spoil():
    """Return a function that changes a stored entry behind the back of the product."""

    def run(index: int, content: bytes) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
            cursor.execute('UPDATE store_leaf SET content = %s WHERE "index" = %s', [content, index])

    return run


def test_a_sound_log_verifies(firing, answer, typed) -> None:
    verdict = answer("audit", "verify")
    assert verdict["sound"] is True
    assert verdict["first_broken"] is None
    assert verdict["exhibit_faults"] == []
    assert typed("audit", "verify").stderr.startswith("All ")


def test_entries_that_wait_for_their_place_do_not_break_it(firing, answer, typed) -> None:
    typed("incident", "note", "INC-1", "Written just now.")
    verdict = answer("audit", "verify")
    assert verdict["sound"] is True
    assert verdict["unsequenced"] == 1


def test_one_changed_byte_ends_with_7_and_names_the_entry(firing, typed, spoil) -> None:
    with firing.store.reading() as shelves:
        (leaf,) = shelves.log.leaves(2, 3)
    spoil(2, leaf.content.replace(b"tocsin", b"tocsiN", 1))
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 7
    assert json.loads(result.stdout)["data"]["first_broken"] == 2
    assert "entry 2" in result.stderr


@pytest.mark.parametrize("column", ["content", "leaf_hash"])
@pytest.mark.parametrize("value", ["'forged'", "CAST(x'ff00' AS TEXT)", "7", "1.5"])
def test_a_leaf_of_another_type_ends_with_7_and_names_the_entry(firing, typed, behind, column, value) -> None:
    behind(f'UPDATE store_leaf SET {column} = {value} WHERE "index" = 2')
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 7
    assert json.loads(result.stdout)["data"]["first_broken"] == 2


def test_text_replaced_in_the_log_ends_with_7_and_the_doctor_finds_it(firing, typed, behind) -> None:
    behind("UPDATE store_leaf SET content = replace(content, 'shop', 'shoq')")
    assert typed("audit", "verify").exit_code == 7
    result = typed("doctor", "--json")
    assert result.exit_code == 6
    log = next(each for each in json.loads(result.stdout)["data"] if each["name"] == "log")
    assert log["standing"] == "problem"


def test_an_entry_rewritten_with_its_hash_is_named_exactly(firing, typed, behind) -> None:
    with firing.store.reading() as shelves:
        (kept,) = shelves.log.leaves(2, 3)
    forged = kept.content.replace(b"tocsin", b"tocsiN", 1)
    behind(
        'UPDATE store_leaf SET content = %s, leaf_hash = %s WHERE "index" = 2', (forged, leaf_hash(forged))
    )
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 7
    assert json.loads(result.stdout)["data"]["first_broken"] == 2
    assert "broken at entry 2." in result.stderr


def test_without_the_hashes_outside_the_words_promise_no_more_than_is_known(
    firing, home, typed, behind
) -> None:
    (home / "log" / "hashes").unlink()
    forged = b'{"forged":1}'
    behind(
        'UPDATE store_leaf SET content = %s, leaf_hash = %s WHERE "index" = 2', (forged, leaf_hash(forged))
    )
    result = typed("audit", "verify")
    assert result.exit_code == 7
    assert "broken between entry 0 and entry " in result.stderr


def test_removed_checkpoints_end_with_7(firing, typed, behind) -> None:
    behind("DELETE FROM store_checkpoint")
    result = typed("audit", "verify")
    assert result.exit_code == 7
    assert "The signer remembers a checkpoint" in result.stderr


@pytest.mark.parametrize("name", ["log.key", "entries.key"])
def test_a_key_that_is_gone_is_said_and_not_made_anew(firing, home, typed, name) -> None:
    (home / "keys" / name).unlink()
    for words in (("audit", "verify"), ("incident", "note", "INC-1", "x"), ("audit", "export", "-")):
        result = typed(*words)
        assert result.exit_code == 1
        assert f"{name} is gone" in result.stderr
    assert not (home / "keys" / name).exists()
    assert f"{name} is gone" in typed("doctor", "--plain").stdout


def test_without_the_signers_memory_the_advice_can_be_followed(firing, home, typed, answer, tmp_path) -> None:
    memory = home / "keys" / "log.key.last"
    kept = memory.read_text()
    memory.unlink()
    result = typed("audit", "verify")
    assert result.exit_code == 1
    assert "`tocsin audit verify`" not in result.stderr
    export = answer("audit", "export", str(tmp_path / "log.ndjson"))
    assert typed("audit", "verify", export["path"], "--key", export["verifier_key"]).exit_code == 0
    memory.write_text("".join(answer("audit", "head")["note"].splitlines(keepends=True)[:3]))
    assert memory.read_text() == kept
    assert typed("audit", "verify").exit_code == 0


def test_a_leaf_appended_around_tocsin_ends_with_7_and_its_number(firing, typed, behind) -> None:
    size = firing.proving.verify().size
    content = b'{"v":1,"kind":"forged"}'
    behind(
        'INSERT INTO store_leaf ("index", entry_id, content, leaf_hash, mac) VALUES (%s, %s, %s, %s, %s)',
        (size, "0" * 32, content, leaf_hash(content), b""),
    )
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 7
    assert json.loads(result.stdout)["data"]["first_broken"] == size


def test_an_unsigned_entry_rewritten_with_its_hash_ends_with_7_and_its_number(firing, typed, behind) -> None:
    typed("incident", "note", "INC-1", "Ada did it.")
    behind("UPDATE store_logwaiting SET content = CAST(replace(content, 'Ada', 'Ben') AS BLOB)")
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 7
    assert json.loads(result.stdout)["data"]["first_broken"] == firing.proving.verify().size


def test_a_changed_mac_of_a_signed_entry_is_named(firing, typed, behind) -> None:
    behind("UPDATE store_leaf SET mac = 'zz' WHERE \"index\" = 2")
    result = typed("audit", "verify", "--json")
    assert (result.exit_code, json.loads(result.stdout)["data"]["first_broken"]) == (7, 2)


@pytest.mark.parametrize("table", ["store_leaf", "store_checkpoint", "store_logwaiting"])
def test_a_table_that_is_gone_is_said_and_ends_with_7(firing, typed, behind, table) -> None:
    behind(f"DROP TABLE {table}")
    result = typed("audit", "verify")
    assert result.exit_code == 7
    assert "The log is gone" in result.stderr
    doctor = typed("doctor", "--plain")
    assert doctor.exit_code == 6
    assert "log_gone" in doctor.stdout


@pytest.mark.parametrize("change", ["signed_at = 7", "root = 'x'", "size = 'many'"])
def test_a_checkpoint_of_another_type_ends_with_7(firing, typed, behind, change) -> None:
    behind(f"UPDATE store_checkpoint SET {change}")
    assert typed("audit", "verify").exit_code == 7


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE store_timelineline SET text = 'Nothing happened' WHERE number = 1", "was rewritten"),
        ("DELETE FROM store_timelineline WHERE number = 1", "is missing"),
        ("DELETE FROM store_incident", "is missing"),
        (
            "INSERT INTO store_timelineline"
            " SELECT 999, incident, at, kind, 'eve', 'x', automated, exhibit, horizon"
            " FROM store_timelineline WHERE number = 1",
            "is not in the log",
        ),
        ("UPDATE store_timelineline SET kind = 'nonsense'", "cannot be read"),
        ("UPDATE store_timelineline SET at = 'rubbish' WHERE number = 1", "cannot be read"),
        ("DROP TABLE store_timelineline", "cannot be read"),
    ],
)
def test_a_timeline_that_differs_from_the_log_ends_with_6(firing, typed, behind, statement, named) -> None:
    behind(statement)
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 6, result.output
    answer = json.loads(result.stdout)["data"]
    assert answer["sound"] is True
    assert any(named in each["fault"] for each in answer["record_faults"])
    assert "log itself is sound" in result.stderr


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE store_exhibit SET description = 'Nothing'", "other description"),
        ("UPDATE store_exhibit SET exported_by = 'ben'", "other exported_by"),
        ("DELETE FROM store_exhibit", "is missing"),
        ("UPDATE store_exhibit SET number = 2", "is not in the log"),
        ("UPDATE store_exhibit SET kept_at = 'never'", "other time of keeping"),
        ("UPDATE store_exhibit SET incident_date = 'zz'", "cannot be read"),
        ("DROP TABLE store_exhibit", "cannot be read"),
    ],
)
def test_exhibit_rows_that_differ_from_the_log_end_with_6(firing, typed, behind, statement, named) -> None:
    behind(statement)
    commands = ("audit", "verify"), ("evidence", "verify"), ("evidence", "verify", "EX-1"), ("doctor",)
    for words in commands:
        assert typed(*words).exit_code == 6, words
    assert named in typed("audit", "verify").stderr


def test_a_forged_file_with_a_row_to_match_ends_with_6(firing, home, typed, behind) -> None:
    forged = b"Nothing was found."
    digest = sha256(forged).hexdigest()
    (kept,) = (each for each in (home / "evidence" / "sha256").rglob("*") if each.is_file())
    laid = kept.parents[len(kept.relative_to(home / "evidence" / "sha256").parts) - 1]
    place = laid.joinpath(*_like(kept.relative_to(laid).parts, digest))
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(forged)
    behind("UPDATE store_exhibit SET digest = %s, size = %s", (digest, len(forged)))
    result = typed("evidence", "verify", "INC-1")
    assert result.exit_code == 6
    assert result.stdout == "EX-1\tEX-1 is not as entry 3 of the log has it: other digest, size.\n"


def _like(parts: tuple[str, ...], digest: str) -> list[str]:
    """Return where a digest lies, by the way another one lies there: folders named by its first digits."""
    taken = 0
    made = []
    for part in parts[:-1]:
        made.append(digest[taken : taken + len(part)])
        taken += len(part)
    return [*made, digest if len(parts[-1]) == 64 else digest[taken:]]


def test_a_changed_exhibit_is_named_and_ends_with_6(firing, home, typed) -> None:
    (path,) = (each for each in (home / "evidence" / "sha256").rglob("*") if each.is_file())
    os.chmod(path, 0o600)
    path.unlink()
    result = typed("audit", "verify", "--json")
    assert result.exit_code == 6
    assert [each["id"] for each in json.loads(result.stdout)["data"]["exhibit_faults"]] == ["EX-1"]
    assert "EX-1" in result.stderr


def test_a_broken_log_weighs_more_than_a_changed_exhibit(firing, home, typed, spoil) -> None:
    (path,) = (each for each in (home / "evidence" / "sha256").rglob("*") if each.is_file())
    path.unlink()
    spoil(0, b"{}")
    assert typed("audit", "verify").exit_code == 7


def test_a_tail_cut_off_with_its_checkpoints_is_found_by_the_signers_memory(firing, typed) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}"')
        cursor.execute('DELETE FROM store_leaf WHERE "index" >= 2')
        cursor.execute("DELETE FROM store_checkpoint")
    result = typed("audit", "verify")
    assert result.exit_code == 7
    assert "entry 2" in result.stderr


def test_the_head_shows_what_is_signed(firing, answer) -> None:
    head = answer("audit", "head")
    assert head["note"].startswith("tocsin.local/audit\n")
    assert head["not_yet_sealed"] == 0


def test_without_a_signed_head_it_ends_with_3(home, typed) -> None:
    assert typed("audit", "head").exit_code == 3


def test_an_export_verifies_without_a_home(firing, tmp_path, answer, typed) -> None:
    exported = answer("audit", "export", str(tmp_path / "log.ndjson"))
    elsewhere = {"TOCSIN_HOME": "/no/such/home", "TOCSIN_DATABASE_URL": "nonsense://"}
    words = ("audit", "verify", exported["path"], "--json")
    result = typed(*words, "--key", exported["verifier_key"], env=elsewhere)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["data"]["sound"] is True
    assert "only a claim" in typed(*words, env=elsewhere).stderr


def test_an_export_to_stdout_is_the_same_file(firing, tmp_path, typed) -> None:
    typed("audit", "export", str(tmp_path / "log.ndjson"))
    assert typed("audit", "export", "-").stdout_bytes == (tmp_path / "log.ndjson").read_bytes()


def test_an_export_overwrites_nothing(firing, tmp_path, typed) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert typed("audit", "export", str(taken)).exit_code == 1
    assert taken.read_text() == "mine"


def test_a_changed_export_ends_with_7(firing, tmp_path, typed) -> None:
    path = tmp_path / "log.ndjson"
    typed("audit", "export", str(path))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((*lines[:3], *lines[4:])))
    result = typed("audit", "verify", str(path), "--json")
    assert result.exit_code == 7
    assert json.loads(result.stdout)["data"]["first_broken"] == 2


def test_a_file_that_is_no_export_ends_with_1_and_a_missing_one_with_3(tmp_path, typed) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada")
    result = typed("audit", "verify", str(tmp_path / "letter.txt"))
    assert result.exit_code == 1
    assert "[export_unreadable]" in result.stderr
    assert typed("audit", "verify", str(tmp_path / "nothing")).exit_code == 3


def test_a_key_without_a_file_is_a_usage_error(home, typed) -> None:
    assert typed("audit", "verify", "--key", "x").exit_code == 2


def test_the_monitor_looks_once_and_ends_with_what_it_found(firing, answer, typed, behind, spoil) -> None:
    sound = answer("audit", "monitor", "--once")
    assert (sound["sound"], sound["concerns"]) == (True, {})
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER leaf_never_goes")
    result = typed("audit", "monitor", "--json")
    assert result.exit_code == 6
    assert "leaf_never_goes" in json.loads(result.stdout)["data"]["concerns"]["unguarded"]
    spoil(1, b"{}")
    result = typed("audit", "monitor", "--every", "5", "--json")
    assert (result.exit_code, json.loads(result.stdout)["data"]["first_broken"]) == (7, 1)


def test_the_monitor_looks_again_while_nothing_is_found(firing, typed, monkeypatch) -> None:
    rests: list[float] = []

    def rest(seconds: float) -> None:
        rests.append(seconds)
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER leaf_never_goes")

    monkeypatch.setattr("time.sleep", rest)
    assert typed("audit", "monitor", "--every", "7").exit_code == 6
    assert rests == [7]


def test_a_log_that_broke_is_verified_and_exported_beside_its_successor(
    firing, typed, spoil, tmp_path
) -> None:
    spoil(1, b"{}")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM store_checkpoint WHERE id < 0")
    monitoring_of(firing).round()
    for _ in range(2):
        seals_of(firing).round()
    result = typed("audit", "verify", "--json")
    told = json.loads(result.stdout)["data"]
    assert (result.exit_code, told["first_broken"]) == (7, 1)
    assert [each["sound"] for each in told["logs"]] == [False, True]
    assert "/2 is written to" in typed("audit", "verify").stderr
    for number, code in (("1", 7), ("2", 0)):
        path = tmp_path / f"log-{number}.ndjson"
        assert typed("audit", "export", str(path), "--log", number).exit_code == 0
        assert typed("audit", "verify", str(path)).exit_code == code
    assert typed("audit", "export", str(tmp_path / "x"), "--log", "3").exit_code == 2
