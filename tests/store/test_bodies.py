"""A noun becomes JSON values and comes back equal."""

from __future__ import annotations

import json

import pytest

from nouns import a_run, an_action
from tocsin.domain.action import Action
from tocsin.domain.run import Run
from tocsin.store.bodies import body_of, noun_of


@pytest.mark.parametrize(("noun", "kind"), [(an_action(), Action), (a_run(), Run)], ids=["action", "run"])
def test_a_noun_comes_back_equal(noun, kind):
    assert noun_of(json.loads(json.dumps(body_of(noun))), kind) == noun


def test_a_body_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="missing required field"):
        noun_of({"number": 1}, Action)
