"""Exit codes and error codes, explained where they are met."""

from __future__ import annotations

from tocsin.cli.exits import Exit


def test_every_exit_code_is_listed(answer) -> None:
    assert [each["code"] for each in answer("help", "exit-codes")] == [int(code) for code in Exit]


def test_an_error_code_is_explained(answer, typed) -> None:
    assert answer("help", "errors", "move_refused")["next_step"]
    assert "move_refused" in typed("help", "errors").stdout


def test_an_unknown_code_ends_with_3(typed) -> None:
    assert typed("help", "errors", "nonsense").exit_code == 3
    assert typed("help", "errors", "../../etc/passwd").exit_code == 3
