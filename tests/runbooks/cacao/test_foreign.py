"""A foreign playbook becomes steps that people do, and goes back as it came."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from playbooks import END, a_branching_playbook, a_playbook, action, step_id
from tocsin.domain.runbook import Called, Parallel, Repeat, Step
from tocsin.runbooks.cacao.foreign import assembled, guarded, slug, taken_over
from tocsin.runbooks.reading import look_over, read, steps_of
from tocsin.runbooks.references import reference_faults
from tocsin.runbooks.writing import parts_of, written_parts


def test_every_kind_of_step_becomes_one_of_ours() -> None:
    head, nodes = taken_over(a_branching_playbook())
    assert (head["runbook"], head["title"]) == ("somebody-s-playbook", "Somebody's playbook")
    shown = [
        (node.step_id, node.condition) if isinstance(node, Step) else type(node).__name__
        for node in steps_of(nodes)
    ]
    assert shown == [
        ("look", ""),
        ("decide", ""),
        ("lock", "decide.answer == 'yes'"),
        ("tell", "decide.answer == 'yes'"),
        ("nothing", "decide.answer == 'yes'"),
        "Repeat",
        ("decide-2", ""),
        ("watch", "decide-2.answer == 'yes'"),
        ("decide-3", ""),
        ("look-again", "decide-3.answer == 'it’s a'"),
        (slug(step_id("playbook", "other"), ""), "decide-3.answer == 'default'"),
        ("risky", ""),
        ("finish", "risky.result == 'done'"),
        ("mend", "risky.result == 'failed'"),
    ]
    tell = next(node for node in steps_of(nodes) if isinstance(node, Step) and node.step_id == "tell")
    assert tell.see == "https://x.example"


def test_it_can_be_followed_and_goes_back_as_it_came() -> None:
    playbook = a_branching_playbook()
    head, nodes = taken_over(copy.deepcopy(playbook))
    text = written_parts(head, parts_of(nodes))
    draft = look_over(text, "a.yml")
    assert draft.faults == ()
    assert draft.runbook is not None
    assert list(reference_faults(draft.runbook)) == []
    assert assembled(draft.runbook) == playbook


def test_a_step_that_was_renamed_goes_back_with_its_name() -> None:
    head, nodes = taken_over(a_playbook(step_id("action", "a"), action("a", END)))
    text = written_parts(head, parts_of(nodes)).replace("do: a\n", "do: Do it with care\n")
    playbook = assembled(read(text, "a.yml"))
    assert playbook["workflow"][step_id("action", "a")]["name"] == "Do it with care"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"name": " ", "description": "Look\nclosely"}, "Look closely"),
        ({"name": None, "commands": [{"type": "bash", "command": "ls"}]}, "ls"),
        ({"name": None, "commands": []}, "Do the step of type action"),
        ({"name": None, "commands": ["ls"]}, "Do the step of type action"),
    ],
)
def test_a_step_without_a_name_has_words_all_the_same(step: dict[str, object], words: str) -> None:
    _, nodes = taken_over(a_playbook(step_id("action", "a"), action("a", END, **step)))
    assert isinstance(nodes[0], Step)
    assert nodes[0].do == words


def test_a_title_that_is_no_id_gets_one() -> None:
    head, _ = taken_over({**a_playbook(END), "name": "123"})
    assert (head["runbook"], head["title"]) == ("playbook", "123")
    assert taken_over({**a_playbook(END), "name": " "})[0]["title"] == "A playbook"


def test_a_condition_reaches_every_step_inside() -> None:
    step = Step(step_id="a", do="D", condition="x.y")
    parallel = Parallel(branches=((step,), (Called(call_id="c", runbook="c"),)))
    repeat = Repeat(repeat_id="r", every=timedelta(minutes=1), until="a.b", nodes=(step,))
    guarded_parallel, guarded_repeat = guarded(parallel, "p.q"), guarded(repeat, "p.q")
    found = [node.condition for node in steps_of((guarded_parallel,)) if isinstance(node, Step | Called)]
    assert found == ["p.q and x.y", "p.q"]
    assert isinstance(guarded_repeat, Repeat)
    assert [node.condition for node in guarded_repeat.nodes if isinstance(node, Step)] == ["p.q and x.y"]
