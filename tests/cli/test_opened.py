"""Opening a home: what is not there is said, not made."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys

import pytest

from tocsin.cli import opened

RUN = "from tocsin.cli.main import main; main()"
EVERY_VERB = """
import os, signal, sys, tempfile, traceback
import click
from tocsin.cli import opened
from tocsin.cli.main import tocsin
from tocsin.domain.errors import Misconfigured

folder, most_s = sys.argv[1], int(sys.argv[2])


def verbs(group, path=()):
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))
        else:
            yield (*path, name), command


def dummy(param):
    if isinstance(param.type, click.Path):
        return folder if param.type.dir_okay else folder + "/empty.json"
    return str(param.type.choices[0]) if isinstance(param.type, click.Choice) else "1"


def words(path, command):
    typed = list(path)
    for param in command.params:
        if param.required:
            typed += [dummy(param)] if isinstance(param, click.Argument) else [param.opts[0], dummy(param)]
    return typed


def reached(settings):
    raise Misconfigured("reached", means="", next_step="")


def run(typed):
    signal.alarm(most_s)
    if "DJANGO_SETTINGS_MODULE" in os.environ:
        os._exit(98)
    # From here on Django is set up; what a verb does then is shown by the tests of its own.
    opened.django_ready = reached
    try:
        tocsin.main(typed, prog_name="tocsin")
    except SystemExit as end:
        os._exit(end.code)
    except BaseException:
        traceback.print_exc()
    os._exit(99)


everything = [each for each in verbs(tocsin) if each[0] != ("up",)]
print(len(everything), flush=True)
for path, command in everything:
    typed = words(path, command)
    # Without a place these run all tests of the shipped rules.
    typed += {("detect", "test"): [folder], ("detect", "coverage"): ["--rules", folder]}.get(path, [])
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(said.fileno(), 2)
            run(typed)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        words_said = said.read().decode()
    if code < 0 or code >= 98 or "Traceback" in words_said or "ImproperlyConfigured" in words_said:
        print(" ".join(typed), "ended with", code, words_said[-600:])
"""


def elsewhere(home, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program by itself, as a user does."""
    env = {"PATH": os.environ["PATH"], "TOCSIN_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-c", RUN, *words], capture_output=True, text=True, check=False, env=env
    )


def test_a_home_that_is_not_there_is_not_made(tmp_path) -> None:
    done = elsewhere(tmp_path / "none", "incident", "list")
    assert done.returncode == 1
    assert "is not there. [misconfigured]" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_home_without_a_database_says_how_to_make_one(tmp_path) -> None:
    done = elsewhere(tmp_path, "incident", "list")
    assert done.returncode == 1
    assert "tocsin migrate" in done.stderr
    assert not (tmp_path / "tocsin.db").exists()


def test_after_migrate_everything_answers(tmp_path) -> None:
    home = tmp_path / "new"
    assert elsewhere(home, "migrate").returncode == 0
    assert json.loads(elsewhere(home, "incident", "list", "--json").stdout)["data"] == []


def test_every_verb_loads_what_needs_the_database_only_once_that_is_known(tmp_path) -> None:
    home = tmp_path / "new"
    assert elsewhere(home, "migrate").returncode == 0
    (tmp_path / "empty.json").write_text("{}", encoding="ascii")
    done = subprocess.run(
        [sys.executable, "-c", EVERY_VERB, str(tmp_path), "60"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "TOCSIN_HOME": str(home)},
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, "")
    tried, _, rest = done.stdout.partition("\n")
    assert int(tried) > 80
    assert rest == ""


def test_who_acts_is_named_also_without_a_name(monkeypatch) -> None:
    assert opened.actor() == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"

    def nobody(uid: int) -> str:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert opened.actor() == f"cli:{os.getuid()}"


@pytest.mark.parametrize("name", ["LOGNAME", "USER", "LNAME", "USERNAME"])
def test_nobody_acts_as_somebody_else_by_a_variable(monkeypatch, name) -> None:
    monkeypatch.setenv(name, "rey")
    assert opened.actor() == f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    assert opened.username() != "rey"


@pytest.mark.parametrize("word", ["incident", "alert"])
def test_a_database_that_is_behind_is_refused(home, typed, monkeypatch, word) -> None:
    monkeypatch.setattr(opened, "unmigrated", lambda: 2)
    result = typed(word, "list")
    assert result.exit_code == 1
    assert "not up to date" in result.stderr


def test_a_file_that_is_no_database_is_said_in_three_lines(tmp_path) -> None:
    (tmp_path / "tocsin.db").write_bytes(b"not a database, but long enough to look at" * 50)
    done = elsewhere(tmp_path, "incident", "list")
    assert done.returncode == 1
    assert done.stderr.startswith("The database cannot be used: ")
    assert len(done.stderr.splitlines()) == 3


def test_a_complaint_without_words_is_told_by_its_kind() -> None:
    assert opened.reason_of(OSError()) == "OSError"
    assert opened.reason_of(ValueError("first\nsecond")) == "first"
