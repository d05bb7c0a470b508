"""What is written reads back as the same runbook, whatever its texts are."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as some

from tocsin.domain.runbook import Runbook
from tocsin.runbooks.reading import read
from tocsin.runbooks.writing import written

WHOLE = """\
runbook: logins
title: 'Logins: fail #1'
trigger: {alert: failed-logins, severity: [P1, P2]}
severity: P2
forbid: [audit.repair]
cacao: {labels: [yes, 'true', 4, 0.5, null]}
steps:
- {id: look, do: Who?, owner: [oncall, ciso], within: 1h30m, by: 2d, run: s.t, with: {a: [1, b], for: 1h},
   ask: {x: [yes, no], y: text, z: '{{ look.n }}'}, approve: ciso, keep: logs, see: 'https://x.example/#a',
   cacao: {id: action--1}}
- parallel:
  - - {id: lock, do: Lock, if: look.x == 'yes', run: [{a.b: '{{ look.z }}'}, {c.d: {e: 1, for: 1h}}, page]}
    - {id: note, do: Note}
  - {id: tell, do: Tell, run: [only.one: alone]}
- {id: watch, repeat: {every: 15m, until: calm.s}, steps: [{id: calm, do: Calm?, ask: {s: text}}]}
- {id: rest, call: other, if: look.x}
- {call: more}
"""


def same(book: Runbook) -> str:
    parts = (book.runbook_id, book.title, book.trigger, book.severity, book.forbid, book.nodes, book.cacao)
    return re.sub(r"line=\d+", "", repr(parts))


def test_a_whole_runbook_reads_back_the_same() -> None:
    book = read(WHOLE, "a.yml")
    again = read(written(book), "a.yml")
    assert same(again) == same(book)
    assert written(again) == written(book)


@given(some.text(min_size=1).filter(str.strip))
def test_any_text_reads_back_the_same(text: str) -> None:
    book = read("runbook: a\ntitle: T\nsteps: [{id: s, do: D}]\n", "a.yml")
    changed = Runbook(
        runbook_id="a",
        title=text,
        trigger={"alert": (text,)},
        severity=None,
        forbid=(),
        nodes=book.nodes,
        path="a.yml",
        text="",
        digest="",
    )
    again = read(written(changed), "a.yml")
    assert (again.title, again.trigger) == (text, {"alert": (text,)})
