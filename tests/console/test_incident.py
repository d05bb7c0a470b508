"""The incident page: clocks in view, an honest timeline, who was called, what was kept."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from nouns import NOON, an_alert, an_entry
from tocsin.app.runbook_quotes import linked_pages
from tocsin.console.incident import LINES, RECORDS, line_of, responders, shown_alert


def _page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_header_says_what_is_due_and_what_then(ben, open_incident):
    top = _page(ben, f"/incidents/{open_incident('Many failed logins').short_name}").split("</header>")[1]
    assert all(words in top for words in ("P1 Critical", "Many failed logins", "nobody yet", "05:00 left"))
    assert "the escalation goes on" in top


def test_a_late_clock_says_late(ben, open_incident, clock):
    place = f"/incidents/{open_incident().short_name}"
    clock.push(timedelta(minutes=9, seconds=12))
    assert "Late: +04:12 over 5 min" in _page(ben, place)


def test_an_inbox_message_is_marked_as_reaching_nobody(ben, open_incident):
    page = _page(ben, f"/incidents/{open_incident().short_name}").split('id="pages"')[1]
    assert "<bdi>ben</bdi>" in page
    assert "reaches nobody outside" in page


def test_the_newest_line_comes_first_and_the_story_leaves_the_rest_out(ada, open_incident):
    place = f"/incidents/{open_incident().short_name}"
    ada.post(f"{place}/acknowledge")
    ada.post(f"{place}/note", {"text": "a note of mine"})
    everything = _page(ada, place)
    assert everything.index("a note of mine") < everything.index("Acknowledged by ada")
    story = _page(ada, f"{place}?layer=story").split('id="timeline"')[1].split("</section>")[0]
    assert "a note of mine" not in story
    assert "Acknowledged by ada" in story


def test_a_long_timeline_is_read_in_parts(ada, app, open_incident):
    incident = open_incident()
    for n in range(LINES + 5):
        app.close.note(incident.incident_id, "ada", f"note number {n:03}")
    place = f"/incidents/{incident.short_name}"
    first = _page(ada, place)
    earlier = re.search(r'href="(\?before=\d+)"', first).group(1)
    assert "note number 104" in first
    assert "note number 004" not in first
    assert "note number 004" in _page(ada, place + earlier)


def test_the_product_never_shares_the_mark_of_a_person(app):
    assert line_of(an_entry(actor="tocsin", automated=True)).who == "Tocsin"
    assert line_of(an_entry()).who == "ada"


def test_an_alert_is_quoted_and_bounded():
    alert = shown_alert(an_alert(evidence=tuple("abcdefgh")), NOON)
    assert (len(alert.records), alert.records_kept, alert.is_over) == (RECORDS, 8, False)
    assert alert.facts[0] == ("alertname", "DiskFull")


def test_hostile_labels_are_text_and_named_as_unverified(ben, open_incident):
    place = open_incident("<img src=x onerror=alert(1)>", evil="<script>1</script>\u200b").short_name
    page = _page(ben, f"/incidents/{place}")
    assert "<img src=x" not in page
    assert "<script>1" not in page
    assert "&lt;script&gt;1&lt;/script&gt;⟨U+200B⟩" in page
    assert "not verified" in page


def test_moves_are_those_of_the_table_that_the_role_allows(ada, ben, open_incident):
    place = f"/incidents/{open_incident().short_name}"
    ada.post(f"{place}/move", {"to": "resolved", "reason": "false alarm"})
    assert 'value="closed"' in _page(ada, place)
    assert 'value="closed"' not in _page(ben, place)
    assert "Change severity" not in _page(ben, place)


def test_an_incident_is_handed_to_people_who_may_respond(app):
    assert responders() == (("ada", "Ada Lindqvist (commander)"), ("ben", "Ben Okafor (responder)"))


@pytest.mark.parametrize("name", ["INC-99", "INC-0", "INC-", "INC-1x", "1"])
def test_an_unknown_incident_is_not_found(name, ada):
    assert ada.get(f"/incidents/{name}").status_code == 404


def test_at_most_fifteen_queries_however_much_there_is(ada, app, open_incident):
    incident = open_incident()

    def queries() -> int:
        with CaptureQueriesContext(connections["default"]) as seen:
            _page(ada, f"/incidents/{incident.short_name}")
        return len([one for one in seen if one["sql"].startswith("SELECT")])

    few = queries()
    for n in range(30):
        app.close.note(incident.incident_id, "ada", f"note {n}")
    assert queries() == few
    assert few <= 13


def test_the_page_says_what_meets_a_clock(ben, open_incident):
    incident = open_incident()
    page = ben.get(f"/incidents/{incident.short_name}").content.decode()
    assert "met by acknowledging" in page
    assert "met by the first act after acknowledging: a note" in page
    ben.post(f"/incidents/{incident.short_name}/acknowledge")
    page = ben.get(f"/incidents/{incident.short_name}").content.decode()
    assert "to engage (met by the first act after acknowledging)" in page


def test_a_runbook_elsewhere_is_a_link_and_its_quote_is_quoted(ben, app, open_incident):
    url = "https://wiki.example/disk?a=1&b=<2>"
    incident = open_incident(annotations={"runbook_url": url})
    kept = app.respond.keep(
        incident.incident_id,
        name="quote.txt",
        media_type="text/plain",
        content=io.BytesIO(b"> <script>alert(1)</script>"),
        description="A page",
        exported_by="tocsin",
        actor="tocsin",
    )
    with app.store.reading() as shelves:
        (alert,) = shelves.alerts.of_incident(incident.incident_id)
    quote = replace(kept, covers="runbook.quote", of=url)
    context = {"pages_linked": linked_pages(app.locker, [alert], [quote])}
    part = render_to_string("console/parts/pages.html", context)
    link = '<a href="https://wiki.example/disk?a=1&amp;b=&lt;2&gt;" rel="noreferrer noopener">'
    assert link in part
    assert "&gt; &lt;script&gt;alert(1)" in part
    assert quote.digest in part
    assert link in _page(ben, f"/incidents/{incident.short_name}")
    other = open_incident("Other", annotations={"runbook_url": "javascript:alert(1)"})
    assert 'id="runbook-pages"' not in _page(ben, f"/incidents/{other.short_name}")
