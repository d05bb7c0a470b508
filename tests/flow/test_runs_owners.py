"""Whoever is to do a step next hears of it, once, and only if somebody else did the step before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from run_story import RunStory, a_book, run_story, the_alert

STEPS = """\
- {id: look, do: Look, owner: oncall}
- {id: ask, do: Ask them, owner: ada}
- {id: think, do: Think}
- {id: tell, do: Tell, owner: [ada, nobody-at-all]}
- {id: mend, do: Mend, owner: [ada, oncall]}
- {id: end, do: End, owner: commander}
"""


@pytest.fixture
def told(story) -> RunStory:
    found = run_story(story, a_book("plain", STEPS))
    story.hear(the_alert(found))
    found.runs.start(story.incident().incident_id, "plain", "ben")
    return found


def notices(told: RunStory) -> list[str]:
    """Return who was told what, in the order of the timeline."""
    incident = told.story.incident()
    with told.story.store.reading() as shelves:
        lines = shelves.timeline.of_incident(incident.incident_id)
    return [line.text.partition(" [notify")[0] for line in lines if "A runbook tells" in line.text]


def test_the_owner_of_a_step_hears_of_it_if_others_did_the_one_before(told) -> None:
    assert notices(told) == []
    told.runs.done(1, "look", "ben")
    asked = ["A runbook tells ada. RUN-1 (plain), ask: Ask them"]
    assert notices(told) == asked
    told.work()
    told.runs.done(1, "ask", "ben")
    told.runs.done(1, "think", "ben")
    told.runs.done(1, "tell", "ben")
    mended = ["A runbook tells ben. RUN-1 (plain), mend: Mend"]
    assert notices(told) == asked + mended
    told.runs.done(1, "mend", "ben")
    assert notices(told) == asked + mended


def test_a_commander_is_the_one_of_the_incident(told) -> None:
    incident = replace(told.story.incident(), commander="ben")
    with told.story.store.transaction() as shelves:
        shelves.incidents.save(incident)
    for place in ("look", "ask", "think", "tell", "mend"):
        told.runs.done(1, place, "ben")
    assert notices(told)[-1] == "A runbook tells ben. RUN-1 (plain), end: End"


def test_a_new_owner_hears_of_the_hand_over_but_not_of_ones_own(told) -> None:
    told.runs.hand_over(1, "look", ["ada"], "ben")
    assert notices(told) == ["A runbook tells ada. The step look of RUN-1 (plain) is handed over to you."]
    told.runs.hand_over(1, "look", ["ben"], "cli:ben")
    assert len(notices(told)) == 1
    told.runs.hand_over(1, "look", ["nobody-at-all"], "ada")
    assert len(notices(told)) == 1
