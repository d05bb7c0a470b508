"""A template becomes a tree, and what cannot be one is named with its place."""

from __future__ import annotations

import pytest

from tocsin.oncall.alertmanager.template_text import TemplateFault
from tocsin.oncall.alertmanager.template_tree import Action, Block, Call, From, Text, parsed


def test_blocks_stand_in_one_another() -> None:
    template, defined = parsed(
        "t",
        "a{{ if .A }}b{{ else if .B }}c{{ else }}d{{ end }}"
        '{{ range $i, $x := .C }}{{ template "q" $x }}{{ end }}{{ define "q" }}e{{ end }}'
        '{{ block "r" . }}f{{ end }}{{ template "s" }}',
    )
    text, choice, loop, block, call = template.body
    assert isinstance(text, Text)
    assert isinstance(choice, Block)
    (other,) = choice.otherwise
    assert isinstance(other, Block)
    assert (choice.word, choice.body, other.body, other.otherwise) == (
        "if",
        (Text("b"),),
        (Text("c"),),
        (Text("d"),),
    )
    assert isinstance(loop, Block)
    assert loop.pipe.names == ("$i", "$x")
    assert isinstance(block, Call)
    assert isinstance(call, Call)
    assert (block.name, call.name, call.pipe) == ("r", "s", None)
    assert {name: each.body for name, each in defined.items()} == {"q": (Text("e"),), "r": (Text("f"),)}


def test_pipes_hold_commands_and_values() -> None:
    template, _ = parsed("t", '{{ $x = f .A.B ($y.C | g).D "s" 1 2.5 true nil . $ | h }}')
    (action,) = template.body
    assert isinstance(action, Action)
    first, second = action.pipe.commands
    assert (action.pipe.names, action.pipe.is_new) == (("$x",), False)
    assert [each.source for each in first] == [
        From.FUNCTION, From.DOT, From.GROUP, *[From.LITERAL] * 5, From.DOT, From.VARIABLE,
    ]  # fmt: skip
    assert [each.value for each in first[3:8]] == ["s", 1, 2.5, True, None]
    assert [each.fields for each in first[1:3]] == [("A", "B"), ("D",)]
    assert second[0].value == "h"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ end }}", "closes nothing"),
        ("{{ else }}", "closes nothing"),
        ("{{ if .A }}", "no `end`"),
        ("{{ if }}{{ end }}", "a value is missing"),
        ("{{ if .A }}{{ else }}{{ else }}{{ end }}", "second `else`"),
        ("{{ if .A }}{{ end x }}", "too much"),
        ("{{ if .A }}{{ else x }}{{ end }}", "too much"),
        ('{{ define "a" }}{{ else }}{{ end }}', "an `else` in `define`"),
        ('{{ define "a" }}{{ end x }}', "too much"),
        ("{{ define a }}{{ end }}", "name in quotes"),
        ("{{ template }}", "too early"),
        ("{{ }}", "a value is missing"),
        ("{{ . | }}", "a value is missing"),
        ("{{ (.A }}", "too early"),
        ("{{ .A ) }}", "too much"),
        ("{{ , }}", "cannot stand here"),
        ("{{ (.A, .B) }}", "cannot stand here"),
        ("{{ .A | 1 }}", "piped into"),
        ("{{ $a, 1 := . }}", "cannot stand here"),
        ("{{ $a }}{{ $a $b := . }}", "cannot stand here"),
        ("{{ if .A }}" * 41, "more than 40 deep"),
        ("{{ " + "(" * 42 + ".A" + ")" * 42 + " }}", "more than 40 deep"),
        ("{{ if .A }}" + "{{ else if .A }}" * 41 + "{{ end }}", "more than 40 deep"),
    ],
)
def test_what_cannot_be_a_tree_is_a_fault(text: str, words: str) -> None:
    with pytest.raises(TemplateFault, match=words):
        parsed("t", text)
