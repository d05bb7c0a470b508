"""The same rules give the same hits inside Spark as on one machine."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

import pyarrow as pa
import pyarrow.parquet as pq

from skips import leave_to_a_proof, skip_or_fail
from tocsin.connectors.spark.hunting import hits, judging, segments
from tocsin.detection.matching.matcher import Matcher
from tocsin.detection.rules import load

RULE = """\
title: Rule {n}
id: r{n}
logsource: {{product: windows}}
detection: {{selection: {selection}, condition: selection}}
"""
SELECTIONS = (
    "{EventID: 1}",
    "{Image|endswith: powershell.exe}",
    "{TargetObject|contains: currentversion}",
    "['*mimikatz*']",
)
SOURCE = Path(__file__).resolve().parents[3] / "src"


@pytest.fixture(scope="module")
def rules():
    loaded = load((f"{n}.yml", RULE.format(n=n, selection=each)) for n, each in enumerate(SELECTIONS))
    assert not loaded.problems
    return loaded


@pytest.fixture(scope="module")
def lines(shared):
    with gzip.open(shared / "data" / "windows-otrf.ndjson.gz") as packed:
        return [line.rstrip(b"\n") for number, line in enumerate(packed) if number % 20 == 0]


@pytest.fixture(scope="module")
def spark():
    if find_spec("pyspark") is None:
        leave_to_a_proof("pyspark is 400 MB and not installed (proofs/spark.sh)")
    pyspark = import_module("pyspark.sql")
    if shutil.which("java") is None:
        skip_or_fail("java is not installed, and Spark runs on it")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(SOURCE), os.environ.get("PYTHONPATH", "")])
    session = (
        pyspark.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield session
    session.stop()


def expected(rules, lines) -> set[tuple[str, int]]:
    return {(f"r{rule}", row) for row, numbers in Matcher(rules.rules).sift(lines) for rule in numbers}


def test_batches_are_judged_as_lines_are(rules, lines) -> None:
    batch = pa.RecordBatch.from_pydict(
        {
            "raw": lines,
            "source": ["win"] * len(lines),
            "position": list(range(len(lines))),
            "time": [10**15 + number for number in range(len(lines))],
        }
    )
    found = pa.Table.from_batches(judging(rules)([batch.slice(0, 700), batch.slice(700)])).to_pylist()
    assert {(row["rule_id"], row["position"]) for row in found} == expected(rules, lines)
    assert len({row["rule_id"] for row in found}) >= 3
    assert {row["source"] for row in found} == {"win"}
    assert all(row["time"] == 10**15 + row["position"] for row in found)


def test_texts_missing_ones_and_damaged_ones_are_taken(rules) -> None:
    raws = ['{"EventID":1,"Channel":"Security"}', None, '{"EventID":1', "5"]
    batch = pa.RecordBatch.from_pydict(
        {"raw": raws, "source": ["a"] * 4, "position": [5, 6, 7, 8], "time": pa.nulls(4, pa.int64())}
    )
    (found,) = judging(rules)([batch])
    assert found.to_pylist() == [{"rule_id": "r0", "source": "a", "position": 5, "time": 0}]


def test_spark_finds_what_one_machine_finds(spark, rules, lines) -> None:
    rows = [(bytearray(line), "win", number, None) for number, line in enumerate(lines)]
    frame = spark.createDataFrame(
        rows, "raw binary, source string, position bigint, time bigint"
    ).repartition(3)
    found = {(row.rule_id, row.position) for row in hits(frame, rules).collect()}
    assert found == expected(rules, lines)


def test_spark_reads_sealed_segments(spark, rules, lines, tmp_path) -> None:
    path = tmp_path / "segment.parquet"
    table = pa.table(
        {
            "time": pa.nulls(len(lines), pa.int64()),
            "position": range(len(lines)),
            "raw": pa.array(lines, pa.large_binary()),
        }
    )
    pq.write_table(table, path, compression="zstd")
    found = hits(segments(spark, [str(path)], "it's"), rules).collect()
    assert {(row.rule_id, row.position) for row in found} == expected(rules, lines)
    assert {row.source for row in found} == {"it's"}
