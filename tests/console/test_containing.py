"""What can be done against an incident is shown with its lock, and with what would open it."""

from __future__ import annotations

from dataclasses import replace

from acting_world import PERFORMERS
from nouns import an_exhibit
from tocsin.app import acting
from tocsin.console.containing import NEVER, locks_of
from tocsin.response.declaring import loaded


def names(locks) -> dict[tuple[str, ...], list[str]]:
    return {lock.missing: [one.name for one in lock.actions] for lock in locks}


def test_a_lock_says_which_evidence_opens_it(app, monkeypatch) -> None:
    monkeypatch.setattr(acting, "performers_in", lambda *args: loaded(PERFORMERS))
    kept = an_exhibit(collector="audit.snapshot")
    shut = names(locks_of(app, (), all_sealed=True))
    assert "fake.scale" in shut[("audit.snapshot: not kept",)]
    assert "fake.post" not in str(shut), "what tells people contains nothing"
    assert (
        "fake.scale"
        in names(locks_of(app, (kept,), all_sealed=False))[("audit.snapshot: kept, not sealed yet",)]
    )
    (open_first, *_) = locks_of(app, (kept,), all_sealed=True)
    assert (open_first.missing, "fake.scale" in [one.name for one in open_first.actions]) == ((), True)


def test_what_is_never_done_stands_last(app, monkeypatch) -> None:
    performers = loaded(PERFORMERS)
    delete = performers["fake.logs.delete"]
    never = replace(delete, declaration=replace(delete.declaration, name="logs.delete"))
    monkeypatch.setattr(acting, "performers_in", lambda *args: {**performers, "logs.delete": never})
    assert locks_of(app, (), all_sealed=True)[-1].missing == (NEVER,)


def test_the_page_leads_from_a_lock_to_the_form(ada, open_incident) -> None:
    page = ada.get(f"/incidents/{open_incident().short_name}").content.decode()
    assert "audit.snapshot: not kept" in page
    assert "/actions?incident=INC-1&amp;action=aws.waf.block" in page
    form = ada.get("/actions?incident=INC-1&action=aws.waf.block").content.decode()
    assert 'value="INC-1"' in form
    assert 'value="aws.waf.block"' in form
