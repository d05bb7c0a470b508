from __future__ import annotations

from pathlib import Path

import pyrage
import pytest

from nouns import NOON
from tocsin.app.evidence import callers_of, recipients_of
from tocsin.app.own_evidence import OwnCaller
from tocsin.app.settings import load_settings
from tocsin.app.wiring import App, build_app
from tocsin.connectors.evidence_local.files import FileCaller
from tocsin.domain.clock import PushedClock
from tocsin.domain.errors import Misconfigured


def application(home: Path, store, **environ: str) -> App:
    return build_app(load_settings(environ, home=home), clock=PushedClock(NOON), store=store)


def test_we_answer_for_ourselves_and_connectors_for_the_rest(tmp_path: Path, memory_store) -> None:
    caller_of = callers_of(application(tmp_path, memory_store))
    assert isinstance(caller_of("tocsin"), OwnCaller)
    assert isinstance(caller_of("local.files"), FileCaller)
    with pytest.raises(Misconfigured):
        caller_of("nobody")


def test_recipients_are_two_or_none(tmp_path: Path, memory_store) -> None:
    assert recipients_of(application(tmp_path / "a", memory_store)) == ()
    both = tuple(str(pyrage.x25519.Identity.generate().to_public()) for _ in range(2))
    app = application(tmp_path / "b", memory_store, TOCSIN_EVIDENCE_RECIPIENTS=", ".join(both))
    assert recipients_of(app) == both
    assert app.respond.encrypts
    with pytest.raises(Misconfigured, match="single recipient"):
        application(tmp_path / "c", memory_store, TOCSIN_EVIDENCE_RECIPIENTS=both[0])
