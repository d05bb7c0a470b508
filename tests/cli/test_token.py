"""API tokens by the command line."""

from __future__ import annotations

from datetime import timedelta

from tocsin.domain.person import Role
from tocsin.flow.makers import person_of_token
from tocsin.store.tokens import token_digest


def test_a_token_is_shown_once_and_works(app, typed, answer) -> None:
    result = typed("token", "create", "--name", "prom", "--role", "ingest")
    text = result.stdout.strip()
    assert text.startswith("tocs_")
    assert text not in result.stderr
    with app.store.reading() as shelves:
        assert shelves.tokens.role_of(token_digest(text), app.clock.now()) == ("prom", Role.INGEST)
    assert text not in str(answer("token", "list"))


def test_a_token_may_have_an_end(app, answer) -> None:
    made = answer("token", "create", "--name", "ci", "--role", "viewer", "--days", "1")
    later = app.clock.now() + timedelta(days=2)
    with app.store.reading() as shelves:
        assert shelves.tokens.role_of(token_digest(made["token"]), later) is None
    assert made["expires_at"].endswith("Z")


def test_a_token_may_be_made_for_a_person_who_has_an_account(app, answer, typed) -> None:
    assert typed("token", "create", "--name", "x", "--role", "viewer", "--person", "ghost").exit_code == 3
    answer("person", "add", "ada", "--name", "Ada", "--role", "commander")
    made = answer("token", "create", "--name", "x", "--role", "responder", "--person", "ada")
    assert made["person"] == "ada"
    with app.store.reading() as shelves:
        assert person_of_token(shelves, token_digest(made["token"])) == "ada"
        assert person_of_token(shelves, "another") == ""


def test_a_revoked_token_ends_now(app, answer, typed) -> None:
    made = answer("token", "create", "--name", "ci", "--role", "viewer")
    assert answer("token", "revoke", str(made["number"])) == {
        "id": f"TOK-{made['number']}",
        "number": made["number"],
    }
    assert typed("token", "revoke", str(made["number"])).exit_code == 3
    (listed,) = answer("token", "list")
    assert listed["revoked_at"].endswith("Z")
    assert listed["number"] == made["number"]


def test_a_token_has_one_id_wherever_it_is_named(home, answer, typed) -> None:
    made = answer("token", "create", "--name", "ci", "--role", "viewer")
    assert made["id"] == "TOK-1"
    assert typed("token", "list", "--plain").stdout.split("\t")[0] == "TOK-1"
    assert typed("token", "revoke", "tok-1").stderr == "TOK-1 is revoked.\n"


def test_there_is_no_token_for_approvers_and_none_that_could_pass_for_a_drill(home, typed) -> None:
    assert typed("token", "create", "--name", "x", "--role", "approver").exit_code == 2
    assert typed("token", "create", "--name", "drill", "--role", "ingest").exit_code == 2


def test_a_token_that_is_not_there_ends_with_3(home, typed) -> None:
    assert typed("token", "revoke", "9").exit_code == 3
    assert typed("token", "revoke", "x").exit_code == 3
