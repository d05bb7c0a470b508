"""A plan becomes one record that programs can read."""

from __future__ import annotations

import json

from recorded_month import NEW, OLD, house, script, write_pack
from tocsin.app.plan_record import page_row, plan_record, total_rows
from tocsin.app.planning import plan


def test_a_plan_is_one_json_record_with_everything_in_it(sqlite_store, tmp_path):
    lived = house(tmp_path / "home", OLD)
    lived.live(script(4, 15))
    write_pack(tmp_path / "git" / "team", NEW)
    planned = plan(lived.app, tmp_path / "git")
    record = json.loads(json.dumps(plan_record(planned)))
    assert record["files"] == [{"path": "team/oncall.yml", "change": "changed"}]
    assert record["calls"]["pages"] == [page_row(each) for each in planned.calls.changes]
    assert record["calls"]["totals"] == total_rows(planned.calls)
    assert all(each["at"].endswith("Z") and each["step"] >= 1 for each in record["calls"]["pages"])
    assert set(record["hours"]) <= {"ada", "ben", "chidi"}
