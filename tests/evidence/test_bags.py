from __future__ import annotations

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID

import pytest

from tocsin.domain.exhibit import CustodyAct, CustodyEvent, Exhibit, Label
from tocsin.evidence.bags import (
    CUSTODY,
    LABELS,
    MANIFEST,
    TAG_MANIFEST,
    Packing,
    custody_lines,
    digest_of,
    nothing_to_pack,
    payload_path,
    tag_files,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACKING = Packing(
    name="BAG-1",
    incident="INC-7",
    title="The disk\nis full",
    incident_date=date(2026, 3, 1),
    packed_by="ada",
    packed_at=NOON,
    agent="Tocsin 1",
    clock_offset_s=0.25,
    recipients=2,
    trust="L2",
    window="540 s",
)


def exhibit(number: int, **given) -> Exhibit:
    return Exhibit(
        **{
            "number": number,
            "incident_id": UUID(int=7),
            "digest": f"{number:064x}",
            "size": 1000,
            "media_type": "text/plain",
            "name": "notes.txt",
            "label": Label(incident_date=date(2026, 3, 1), description="Notes", exported_by="ada"),
            "kept_at": NOON,
            **given,
        }
    )


def info(*exhibits: Exhibit) -> dict[str, str]:
    text = tag_files(PACKING, exhibits)["bag-info.txt"].decode()
    return dict(line.split(": ", 1) for line in text.splitlines())


def test_the_label_of_a_bag_names_incident_person_tool_and_clock() -> None:
    told = info(exhibit(1), exhibit(2, collector="app.log", gap="refused"))
    assert told["External-Identifier"] == "INC-7"
    assert told["External-Description"] == "The disk is full"
    assert (told["Contact-Name"], told["Bag-Software-Agent"]) == ("ada", "Tocsin 1")
    assert (told["Incident-Date"], told["Exported-By"]) == ("2026-03-01", "ada")
    assert told["Clock-Offset-Seconds"] == "0.250"
    assert told["Payload-Oxum"] == "2000.2"
    assert told["Could-Not-Collect"] == "EX-2"
    assert (told["Trust-Level"], told["Detection-Window"]) == ("L2", "540 s")


@pytest.mark.parametrize(
    ("size", "spoken"), [(5, "5 B"), (2048, "2.0 KB"), (5 * 1024**2, "5.0 MB"), (9 * 1024**4, "9216.0 GB")]
)
def test_the_size_is_told_for_people(size: int, spoken: str) -> None:
    assert info(exhibit(1, size=size))["Bag-Size"] == spoken


def test_the_manifests_hold_every_digest_and_custody_is_outside_of_them() -> None:
    files = tag_files(PACKING, (exhibit(1), exhibit(2)))
    assert files[MANIFEST].decode().splitlines() == [
        f"{1:064x}  data/EX-1-notes.txt",
        f"{2:064x}  data/EX-2-notes.txt",
    ]
    listed = dict(line.split("  ")[::-1] for line in files[TAG_MANIFEST].decode().splitlines())
    assert listed == {
        path: sha256(content).hexdigest() for path, content in files.items() if path != TAG_MANIFEST
    }
    assert CUSTODY not in listed
    assert digest_of(files) == sha256(files[TAG_MANIFEST]).hexdigest()


def test_one_changed_exhibit_changes_the_digest_of_the_bag() -> None:
    before, after = (tag_files(PACKING, (exhibit(1, digest=d * 64),)) for d in "ab")
    assert digest_of(before) != digest_of(after)


def test_each_exhibit_bears_its_whole_label() -> None:
    one = exhibit(1, of="task-1", collector="logs.export", entry_id=UUID(int=9))
    (line,) = tag_files(PACKING, (one,))[LABELS].splitlines()
    told = json.loads(line)
    assert (told["of"], told["collector"], told["exported_by"], told["log_entry"]) == (
        "task-1",
        "logs.export",
        "ada",
        str(UUID(int=9)),
    )


def test_a_name_in_a_bag_can_be_written_anywhere() -> None:
    assert payload_path(exhibit(3, name='50%: "dump"?.txt')) == "data/EX-3-50__ _dump__.txt"


def test_custody_is_a_line_for_each_event() -> None:
    event = CustodyEvent(exhibit=1, at=NOON, act=CustodyAct.READ, actor="ada", reason="review")
    told = json.loads(custody_lines((event,)))
    assert told == {
        "exhibit": "EX-1",
        "at": NOON.isoformat(),
        "act": "read",
        "actor": "ada",
        "reason": "review",
    }


def test_an_incident_without_exhibits_has_nothing_to_pack() -> None:
    assert "INC-7" in str(nothing_to_pack("INC-7"))
