"""An allow-list says exact words; what could become another command is refused when it is read."""

from __future__ import annotations

import pytest
from fake_signer import LIST

from tocsin.connectors.shell.commands import LONGEST_WORD, Command, allowed_in
from tocsin.domain.pack_file import PackProblem, parse


def test_a_list_is_read_whole() -> None:
    touch, env, sleep = allowed_in(parse(LIST, "shell.yml"))
    assert touch.run.operation == "/usr/bin/touch '{place}/mark'"
    assert [len(one.commands) for one in (touch, env, sleep)] == [3, 1, 1]
    assert (env.run.environment, sleep.run.seconds) == ({"LANG": "C"}, 1.0)


@pytest.mark.parametrize(
    ("was", "becomes", "line", "says"),
    [
        ("name: shell.touch", "name: lab.touch", 2, "begins with `shell.`"),
        ("run: [/usr/bin/touch", "run: [touch", 7, "absolute path"),
        ("run: [/usr/bin/touch", "run: ['/usr/bin/{place}'", 7, "absolute path"),
        ("run: [/usr/bin/touch", "run: [/bin/bash, -c", 7, "is a shell"),
        ("'{place}/mark']\n  look", "'{where}/mark']\n  look", 7, "nothing fills"),
        ("{summary: Where.}", "{summary: Where., required: false}", 7, "nothing fills"),
        ("{summary: Where.}", "{summary: Where., kind: texts}", 7, "nothing fills"),
        ("  look: [/usr/bin/test, -e, '{place}/mark']\n", "", 2, "`look`"),
        ("LANG: C", "LD_PRELOAD: /tmp/x.so", 19, "may not be set"),
        ("LANG: C", "'A B': C", 19, "may not be set"),
        ("shell.env", "shell.touch", 15, "described twice"),
        ("  time_limit: 5s", "  shell: true", 14, "not known"),
    ],
)
def test_a_mistake_is_pointed_at(was: str, becomes: str, line: int, says: str) -> None:
    assert was in LIST
    with pytest.raises(PackProblem, match=says) as raised:
        allowed_in(parse(LIST.replace(was, becomes, 1), "shell.yml"))
    assert raised.value.line == line


@pytest.mark.parametrize("value", ["", "-rf", "x" * (LONGEST_WORD + 1), "a\nb", "a\0b"])
def test_a_value_is_one_plain_word(value: str) -> None:
    command = Command(words=("/bin/x", "{name}"), environment={}, seconds=1)
    with pytest.raises(ValueError, match="name"):
        command.filled({"name": value})


def test_a_value_stays_within_its_word() -> None:
    command = Command(words=("/bin/x", "{name}", "--of={name}"), environment={}, seconds=1)
    assert command.filled({"name": "a; rm -rf / $(x)"}) == (
        "/bin/x",
        "a; rm -rf / $(x)",
        "--of=a; rm -rf / $(x)",
    )
