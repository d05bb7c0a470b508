"""A run goes on as its runbook says, and time only makes it late, never lost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from nouns import NOON, a_run, an_action, an_alert, an_incident
from tocsin.domain.action import Action, ActionState
from tocsin.domain.incident import Status
from tocsin.domain.run import Run, RunState, StepRecord, StepState
from tocsin.domain.runbook import Called, Repeat, Runbook, Step, StepAction
from tocsin.runbooks.reading import read
from tocsin.runbooks.scope import Facts
from tocsin.runbooks.stepping import HELD_BACK, TICK, Advanced, Proposal, advance, proposed, refused

CONTAINMENTS = frozenset({"aws.waf.block", "idp.disable_user"})


def a_book(steps: str, head: str = "") -> Runbook:
    return read(f"runbook: book\ntitle: A book\n{head}steps:\n{steps}", "book.yml")


@dataclass
class Going:
    """One run that a test goes through, with the actions that it asked for."""

    book: Runbook
    books: dict[str, Runbook] = field(default_factory=dict)
    run: Run = field(default_factory=lambda: a_run(steps={}))
    facts: Facts = field(
        default_factory=lambda: Facts(incident=an_incident(opened_at=NOON), containments=CONTAINMENTS)
    )
    minutes: float = 0
    last: Advanced = field(init=False)

    def __post_init__(self) -> None:
        self.facts = replace(self.facts, books=self.books)
        self.look()

    def look(self) -> Advanced:
        now = NOON + timedelta(minutes=self.minutes)
        self.last = advance(self.book, self.run, self.facts, now)
        self.run = self.last.run
        return self.last

    def at(self, minutes: float) -> Advanced:
        self.minutes = minutes
        return self.look()

    def put_down(self, proposal: Proposal) -> int:
        number = len(self.facts.actions) + 1
        self.run = proposed(self.run, proposal.place, number)
        self._know(an_action(number=number, name=proposal.action, arguments=proposal.arguments))
        return number

    def end(self, number: int, state: ActionState = ActionState.DONE, **given: Any) -> Advanced:
        self._know(replace(self.facts.actions[number], state=state, **given))
        return self.look()

    def do(self, state: ActionState = ActionState.DONE, **output: Any) -> Advanced:
        (proposal,) = self.last.proposals
        return self.end(self.put_down(proposal), state, output=output)

    def set(self, place: str, **given: Any) -> Advanced:
        self.run = replace(self.run, steps={**self.run.steps, place: replace(self.run.steps[place], **given)})
        return self.look()

    def become(self, status: Status) -> Advanced:
        self.facts = replace(self.facts, incident=replace(self.facts.incident, status=status))
        return self.look()

    def done(self, *places: str) -> Advanced:
        for place in places:
            self.set(place, state=StepState.DONE)
        return self.last

    def states(self) -> dict[str, str]:
        return {place: record.state.value for place, record in self.run.steps.items()}

    def _know(self, action: Action) -> None:
        self.facts = replace(self.facts, actions={**self.facts.actions, action.number: action})


def test_the_first_step_is_ready_and_the_others_wait() -> None:
    going = Going(a_book("- {id: look, do: Look, within: 5m}\n- {id: call, do: Call}\n"))
    assert going.states() == {"look": "ready", "call": "waiting"}
    (told,) = going.last.told
    assert (told.place, told.text) == ("look", "Look It is due at 2026-03-01 12:05:00 UTC.")
    assert going.last.wake_at == NOON + timedelta(minutes=5) + TICK
    again = going.look()
    assert (again.told, again.proposals, again.run) == ((), (), going.run)


def test_a_run_ends_with_its_last_step_and_then_stays_as_it_is() -> None:
    going = Going(a_book("- {id: look, do: Look}\n"))
    ended = going.done("look")
    assert (ended.run.state, ended.run.ended_by, ended.wake_at) == (RunState.DONE, "tocsin", None)
    assert [told.kind.value for told in ended.told] == ["run.ended"]
    assert going.at(9) == Advanced(run=ended.run)


def test_a_miss_is_told_once_and_the_step_goes_on() -> None:
    going = Going(a_book("- {id: look, do: Look, within: 5m}\n"))
    on_time = going.at(5)
    assert (on_time.missed, on_time.wake_at) == ((), NOON + timedelta(minutes=5) + TICK)
    late = going.at(5.01)
    assert late.missed == ("look",)
    assert going.run.steps["look"].state is StepState.READY
    assert going.at(6).missed == ()
    assert going.last.wake_at is None


def test_by_counts_from_the_start_of_the_incident_also_while_the_step_waits() -> None:
    going = Going(a_book("- {id: look, do: Look}\n- {id: tell, do: Tell, by: 1h, within: 5m}\n"))
    assert going.last.wake_at == NOON + timedelta(hours=1) + TICK
    assert going.at(61).missed == ("tell",)
    assert going.states()["tell"] == "waiting"
    going.done("look")
    assert going.states()["tell"] == "ready"
    assert going.at(66).missed == ()


def test_the_earlier_of_within_and_by_is_due() -> None:
    going = Going(a_book("- {id: tell, do: Tell, by: 1h, within: 5m}\n"))
    assert going.run.steps["tell"].due_at == NOON + timedelta(minutes=5)


def test_a_condition_that_does_not_hold_makes_a_step_not_applicable() -> None:
    going = Going(
        a_book(
            "- {id: ask, do: Ask, ask: {who: [one, many]}}\n"
            "- {id: lock, do: Lock, if: ask.who == 'one'}\n"
            "- {id: tell, do: Tell, if: ask.who == 'many'}\n"
        )
    )
    told = going.set("ask", answers={"who": "many"}).told
    assert going.states() == {"ask": "done", "lock": "not-applicable", "tell": "ready"}
    assert "ask.who == 'one'" in told[1].text


def test_a_condition_of_the_clock_is_asked_again_when_that_age_is_reached() -> None:
    going = Going(a_book("- {id: up, do: Go up, if: incident.age > 30m and incident.status != 'resolved'}\n"))
    assert going.states() == {"up": "waiting"}
    assert going.last.wake_at == NOON + timedelta(minutes=30, microseconds=1)
    going.at(30.1)
    assert going.states() == {"up": "ready"}


def test_actions_are_asked_for_one_after_the_other_with_arguments_of_then() -> None:
    going = Going(
        a_book(
            "- {id: top, do: Look, run: signals.top}\n"
            "- {id: block, do: Block, approve: lead, "
            "run: [{page: lead}, {aws.waf.block: {ips: '{{ top.ips }}', for: 24h}}]}\n"
        )
    )
    going.do(ips=["192.0.2.1"])
    (page,) = going.last.proposals
    assert (page.action, page.approvers) == ("page", ())
    going.do()
    assert going.last.proposals == (
        Proposal(
            place="block",
            action="aws.waf.block",
            arguments={"ips": ["192.0.2.1"]},
            approvers=("lead",),
            revert_after=timedelta(hours=24),
        ),
    )
    number = going.put_down(going.last.proposals[0])
    assert going.look().proposals == ()
    assert going.end(number).run.state is RunState.DONE
    assert going.run.steps["block"].actions == (2, 3)


def test_an_action_that_reverted_itself_was_done() -> None:
    going = Going(a_book("- {id: block, do: Block, run: aws.waf.block}\n"))
    assert going.do(ActionState.UNDONE).run.state is RunState.DONE


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("", "ACT-1 (page) is failed."), ("no answer", "ACT-1 (page) is failed: no answer")],
)
def test_a_failed_action_fails_its_step_and_nothing_goes_past_it(outcome: str, reason: str) -> None:
    going = Going(a_book("- {id: page, do: Page, run: page}\n- {id: look, do: Look}\n"))
    going.end(going.put_down(going.last.proposals[0]), ActionState.FAILED, outcome=outcome)
    assert going.states() == {"page": "failed", "look": "waiting"}
    assert going.run.steps["page"].reason == reason
    assert going.look().told == ()


def test_nobody_knows_what_came_of_an_action_so_its_step_waits() -> None:
    going = Going(a_book("- {id: page, do: Page, run: page}\n"))
    going.do(ActionState.UNKNOWN)
    assert (going.states(), going.last.proposals) == ({"page": "ready"}, ())


def test_what_the_runbook_forbids_is_never_asked_for() -> None:
    going = Going(a_book("- {id: mend, do: Mend, run: audit.repair}\n", "forbid: [audit.repair]\n"))
    assert going.last.proposals == ()
    assert going.run.steps["mend"].reason == "The runbook forbids audit.repair."


def test_a_caller_forbids_what_it_calls_too() -> None:
    inner = a_book("- {id: mend, do: Mend, run: audit.repair}\n")
    going = Going(a_book("- {call: inner}\n", "forbid: [audit.repair]\n"), {"inner": inner})
    assert going.run.steps["inner.mend"].state is StepState.FAILED


def test_a_refused_proposal_fails_the_step() -> None:
    going = Going(a_book("- {id: page, do: Page, run: page}\n"))
    run, told = refused(going.run, "page", "The hour's limit is reached.")
    assert run.steps["page"].state is StepState.FAILED
    assert (told.place, told.text) == ("page", "The hour's limit is reached.")


def _broken(node: Any) -> Runbook:
    return replace(a_book("- {id: look, do: Look}\n"), nodes=(node,))


@pytest.mark.parametrize(
    "node",
    [
        Step(step_id="a", do="A", condition="1 +"),
        Step(step_id="a", do="A", actions=(StepAction(action="page", arguments={"who": "{{ 1 + }}"}),)),
        Called(call_id="a", runbook="nowhere"),
        Repeat(repeat_id="a", every=timedelta(0), until="1 +", nodes=()),
    ],
    ids=["condition", "arguments", "call", "until"],
)
def test_what_cannot_be_read_fails_loudly(node: Any) -> None:
    going = Going(_broken(node))
    assert going.states()["a"] == "failed"
    assert going.run.state is RunState.RUNNING


def test_a_step_is_approved_before_its_notices_leave() -> None:
    going = Going(a_book("- {id: tell, do: Tell, approve: [ciso, legal], run: notify}\n"))
    assert going.last.proposals == ()
    going.set("tell", approvals=("ciso:dana",))
    assert going.last.proposals == ()
    going.set("tell", approvals=("ciso:dana", "legal:chidi"))
    (proposal,) = going.last.proposals
    assert proposal.approvers == ()


def test_others_may_stand_in_for_the_approvers_of_a_runbook() -> None:
    going = Going(a_book("- {id: block, do: Block, approve: lead, run: aws.waf.block}\n"))
    going.set("block", approvers=("deputy",))
    assert going.last.proposals[0].approvers == ("deputy",)


def test_collectors_start_when_the_step_is_ready_and_the_step_waits_for_them() -> None:
    going = Going(a_book("- {id: keep, do: Keep, keep: [audit.export, app.log]}\n"))
    assert [each.collector for each in going.last.collections] == ["audit.export", "app.log"]
    assert going.look().collections == ()
    going.facts = replace(going.facts, kept=frozenset({"audit.export"}))
    assert going.look().run.state is RunState.RUNNING
    going.facts = replace(going.facts, kept=frozenset({"audit.export", "app.log"}))
    assert going.look().run.state is RunState.DONE


def test_answers_are_waited_for_after_the_actions() -> None:
    going = Going(a_book("- {id: a, do: A, run: page, ask: {ok: [yes, no], why: text}}\n"))
    going.do()
    going.set("a", answers={"ok": "yes"})
    assert going.states() == {"a": "ready"}
    assert going.set("a", answers={"ok": "yes", "why": "x"}).run.state is RunState.DONE


def test_branches_are_joined_before_what_comes_next() -> None:
    going = Going(
        a_book(
            "- parallel:\n"
            "  - {id: a, do: A}\n"
            "  - [{id: b, do: B}, {id: c, do: C, by: 2h}]\n"
            "- {id: d, do: D}\n"
        )
    )
    assert going.states() == {"a": "ready", "b": "ready", "c": "waiting", "d": "waiting"}
    going.done("b", "c")
    assert going.states()["d"] == "waiting"
    going.done("a")
    assert going.states()["d"] == "ready"


REPEATED = (
    "- {id: watch, repeat: {every: 15m, until: look.clean == 'yes'}, steps: ["
    "{id: look, do: Look, ask: {clean: [yes, no]}}]}\n- {id: end, do: End, if: look.clean == 'yes'}\n"
)


def test_a_duty_is_repeated_until_its_condition_holds() -> None:
    going = Going(a_book(REPEATED))
    assert going.states() == {"watch": "ready", "watch#1/look": "ready", "end": "waiting"}
    going.set("watch#1/look", answers={"clean": "no"})
    assert going.last.wake_at == NOON + timedelta(minutes=15)
    going.at(15)
    assert going.states()["watch#2/look"] == "ready"
    going.set("watch#2/look", answers={"clean": "yes"})
    assert going.states()["end"] == "ready"
    assert "until look.clean" in "".join(told.text for told in going.last.told)


def test_a_round_that_took_longer_than_its_pause_is_followed_at_once() -> None:
    going = Going(a_book(REPEATED))
    going.minutes = 40
    going.set("watch#1/look", answers={"clean": "no"})
    assert going.states()["watch#2/look"] == "ready"


def test_a_repeat_waits_for_its_turn_and_for_the_clock() -> None:
    going = Going(
        a_book(
            "- {id: first, do: First}\n- {id: watch, repeat: {every: 1h, until: incident.age >= 20m}, "
            "steps: [{id: look, do: Look}]}\n"
        )
    )
    assert "watch" not in going.states()
    going.done("first")
    going.done("watch#1/look")
    assert going.last.wake_at == NOON + timedelta(minutes=20)
    assert going.at(20).run.state is RunState.DONE


def test_ten_rounds_are_told_apart_by_number_not_by_letters() -> None:
    going = Going(a_book(REPEATED))
    for number in range(1, 11):
        going.minutes = number * 15
        going.set(f"watch#{number}/look", answers={"clean": "no"})
    going.run = replace(going.run, steps=dict(sorted(going.run.steps.items())))
    going.set("watch#11/look", answers={"clean": "yes"})
    assert going.states()["watch"] == "done"


def test_a_called_runbook_knows_its_own_steps_only() -> None:
    inner = a_book(
        "- {id: look, do: Look, ask: {who: text}}\n- {id: lock, do: Lock, if: look.who == 'eve'}\n"
    )
    going = Going(
        a_book("- {id: look, do: Look}\n- {id: sub, call: inner}\n- {id: end, do: End, if: look.who}\n"),
        {"inner": inner},
    )
    going.set("look", answers={"who": "ada"}, state=StepState.DONE)
    assert going.states()["sub.look"] == "ready"
    going.set("sub.look", answers={"who": "eve"})
    assert going.states()["sub.lock"] == "ready"
    going.done("sub.lock")
    assert going.states()["sub"] == "done"
    assert going.states()["end"] == "ready"


def test_a_call_whose_condition_does_not_hold_is_passed_over() -> None:
    going = Going(
        a_book("- {id: sub, call: inner, if: nothing.there}\n"), {"inner": a_book("- {id: a, do: A}\n")}
    )
    assert going.states() == {"sub": "not-applicable"}
    assert going.run.state is RunState.DONE


def test_runbooks_that_call_each_other_in_a_circle_fail() -> None:
    circle = a_book("- {id: on, call: circle}\n")
    going = Going(circle, {"circle": circle})
    assert "failed" in going.states().values()


def test_a_call_that_goes_on_is_gone_on_with() -> None:
    going = Going(
        a_book("- {id: sub, call: inner}\n"), {"inner": a_book("- {id: a, do: A}\n- {id: b, do: B}\n")}
    )
    going.done("sub.a")
    assert going.states()["sub"] == "ready"
    assert going.done("sub.b").run.state is RunState.DONE


def test_the_alert_and_the_incident_can_be_named() -> None:
    going = Going(
        a_book(
            "- {id: page, do: Page, run: page, "
            "with: {text: '{{ alert.name }} on {{ alert.labels.zone }} of {{ incident.name }}'}}\n"
        ),
        facts=Facts(incident=an_incident(opened_at=NOON), alerts=(an_alert(),)),
    )
    assert going.last.proposals[0].arguments == {"text": "DiskFull on a of INC-1"}


def test_a_record_of_another_call_is_no_name_here() -> None:
    going = Going(
        a_book("- {id: a, do: A, if: b.x}\n"),
        run=a_run(steps={"sub.b": StepRecord(place="sub.b", state=StepState.DONE, answers={"x": "1"})}),
    )
    assert going.states()["a"] == "not-applicable"


LOCKED = """
- {id: look, do: Look, within: 5m}
- {id: lock, do: Lock, within: 5m, run: [signals.top, idp.disable_user: eve]}
- {id: proof, do: Is it locked?, if: lock.locked}
- {id: more, call: inner, if: proof.x == 'no'}
- {id: tell, do: Tell, run: page}
"""


def test_nothing_is_contained_once_the_incident_is_resolved_and_the_rest_goes_on() -> None:
    going = Going(a_book(LOCKED))
    going.done("look")
    resolved = going.become(Status.RESOLVED)
    assert [each.action for each in resolved.proposals] == ["signals.top"]
    held = going.do(locked=["eve"])
    assert [each.action for each in held.proposals] == ["page"]
    assert [(told.place, told.kind.value) for told in held.told if told.place == "lock"] == [
        ("lock", "incident.note")
    ]
    assert going.run.steps["lock"].reason == HELD_BACK
    waiting = {"proof": "waiting", "more": "waiting"}
    assert going.states() == {"look": "done", "lock": "ready", **waiting, "tell": "ready"}
    ended = going.do()
    assert (ended.run.state, ended.told[0].place, len(ended.told)) == (RunState.RUNNING, "tell", 1)
    assert going.at(9).missed == ()


def test_it_is_contained_after_all_when_the_incident_is_opened_again() -> None:
    going = Going(a_book(LOCKED))
    going.done("look")
    going.become(Status.RESOLVED)
    going.do(locked=["eve"])
    going.do()
    again = going.become(Status.OPEN)
    assert [(each.action, each.place) for each in again.proposals] == [("idp.disable_user", "lock")]
    assert going.run.steps["lock"].reason == ""
    going.do(locked=["eve"])
    assert going.states()["proof"] == "ready"
    assert going.done("proof").run.state is RunState.DONE


def test_what_holds_a_step_that_is_held_back_is_not_over_and_goes_no_round_further() -> None:
    watch = "- {id: w, repeat: {every: 1m, until: ask.x}, steps: [{id: ask, do: A, run: aws.waf.block}]}\n"
    inner = a_book("- {id: lock, do: Lock, run: idp.disable_user}\n")
    steps = "- {id: sub, call: inner}\n" + watch + "- {id: end, do: End}\n"
    resolved = Facts(incident=an_incident(opened_at=NOON, status=Status.RESOLVED), containments=CONTAINMENTS)
    going = Going(a_book(steps), {"inner": inner}, facts=resolved)
    assert going.at(5).proposals == ()
    states = {"sub": "ready", "sub.lock": "ready", "w": "ready", "w#1/ask": "ready", "end": "ready"}
    assert going.states() == states
    assert [each.place for each in going.become(Status.OPEN).proposals] == ["sub.lock"]
