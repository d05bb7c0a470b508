"""Exhibits by the command line."""

from __future__ import annotations

import os

from django.db import connection


def test_a_file_is_kept_with_its_label_and_digest(firing, tmp_path, answer) -> None:
    dump = tmp_path / "dump.csv"
    dump.write_text("a,b\n")
    words = ("evidence", "keep", "INC-1", str(dump), "--description", "Rows of shop", "--exported-by", "ada")
    kept = answer(*words)
    assert kept["id"] == "EX-2"
    assert kept["media_type"] == "text/csv"
    assert kept["exported_by"] == "ada"
    shown = answer("evidence", "show", "EX-2")
    assert [event["act"] for event in shown["custody"]] == ["collected"]
    assert shown["digest"] == kept["digest"]


def test_a_file_without_bytes_is_no_evidence(firing, tmp_path, typed) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    assert typed("evidence", "keep", "INC-1", str(empty), "--description", "Nothing").exit_code == 5


def test_a_file_that_is_not_there_is_a_usage_error(firing, typed) -> None:
    assert typed("evidence", "keep", "INC-1", "/no/such", "--description", "x").exit_code == 2


def test_exhibits_are_listed_of_one_incident_or_of_all(firing, answer) -> None:
    (one,) = answer("evidence", "list", "INC-1")
    assert one["incident"] == "INC-1"
    assert answer("evidence", "list") == [one]


def test_an_exhibit_that_is_not_there_ends_with_3(home, typed) -> None:
    assert typed("evidence", "show", "EX-1").exit_code == 3


def test_sound_exhibits_are_counted(firing, answer) -> None:
    assert answer("evidence", "verify") == {"checked": 1, "faults": []}
    assert answer("evidence", "verify", "INC-1")["checked"] == 1


def test_a_changed_exhibit_is_named_and_ends_with_6(firing, home, typed) -> None:
    (path,) = (each for each in (home / "evidence" / "sha256").rglob("*") if each.is_file())
    os.chmod(path, 0o600)
    path.write_bytes(path.read_bytes() + b"x")
    result = typed("evidence", "verify")
    assert result.exit_code == 6
    assert result.stdout.startswith("EX-1\t")


def test_one_exhibit_is_verified_by_its_name(firing, answer, typed) -> None:
    assert answer("evidence", "verify", "EX-1") == {"checked": 1, "faults": []}
    assert typed("evidence", "verify", "EX-9").exit_code == 3
    assert typed("evidence", "verify", "INC-9").exit_code == 3


def test_a_broken_log_proves_no_exhibit(firing, typed) -> None:
    with connection.cursor() as cursor:
        # Whoever owns the database takes its guards away first.
        cursor.execute("DROP TRIGGER checkpoint_never_goes")
        cursor.execute("DELETE FROM store_checkpoint")
    result = typed("evidence", "verify")
    assert result.exit_code == 7
    assert "proves no exhibit" in result.stderr


def test_an_exhibit_tells_whether_it_is_sealed(firing, tmp_path, answer) -> None:
    note = tmp_path / "note.txt"
    note.write_text("x")
    kept = answer("evidence", "keep", "INC-1", str(note), "--description", "A note")
    assert (answer("evidence", "show", "EX-1")["sealed"], kept["sealed"]) == ("sealed", "not sealed")
