"""Single values are read as the library reads them all, and what is written otherwise is refused."""

from __future__ import annotations

import pytest

pytest.importorskip("pyarrow", reason="the extra `lake` is not installed")

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.store.lake import pages
from tocsin.store.lake.pages import Pages

VALUES = [b"%05d" % number * (number % 40) for number in range(2_000)]


def written(path, values=VALUES, **options) -> tuple[bytes, object]:
    schema = pa.schema([pa.field("raw", pa.large_binary(), nullable=False)])
    how = {"compression": "zstd", "use_dictionary": False, "data_page_size": 4_096, "write_batch_size": 16}
    pq.write_table(pa.table([values], schema=schema), path, **{**how, **options})
    content = path.read_bytes()
    return content, pq.read_metadata(path).row_group(0).column(0)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return written(tmp_path_factory.mktemp("pages") / "some.parquet")


@settings(max_examples=20)
@given(rows=st.sets(st.integers(0, len(VALUES) - 1)))
def test_any_rows_are_read(file, rows) -> None:
    content, chunk = file
    assert list(Pages(content, chunk).values(content, sorted(rows))) == [VALUES[row] for row in sorted(rows)]


def test_statistics_and_checksums_in_headers_are_passed_over(tmp_path) -> None:
    content, chunk = written(tmp_path / "a.parquet", write_statistics=True, write_page_checksum=True)
    assert list(Pages(content, chunk).values(content, [0, 1_999])) == [VALUES[0], VALUES[1_999]]


@pytest.mark.parametrize(
    "options",
    [
        {"compression": "snappy"},
        {"use_dictionary": True},
        {"column_encoding": {"raw": "DELTA_BYTE_ARRAY"}},
        {"data_page_version": "2.0"},
    ],
)
def test_what_is_written_otherwise_is_refused(tmp_path, options) -> None:
    content, chunk = written(tmp_path / "a.parquet", **options)
    with pytest.raises(ValueError, match=r"sealed|damaged"):
        Pages(content, chunk)


class Chunk:
    """The place of a column chunk with one value."""

    compression, has_dictionary_page, data_page_offset, num_values = "ZSTD", False, 0, 1


@pytest.mark.parametrize("header", [b"", b"\x15", b"\x00", b"\x0f", b"\x15\x80", b"\x11\x12\x00"])
def test_damaged_headers_are_refused(header) -> None:
    with pytest.raises(ValueError, match="header"):
        Pages(header, Chunk)


def test_a_page_without_its_values_is_refused(file, monkeypatch) -> None:
    content, chunk = file
    monkeypatch.setattr(pages, "_LENGTH", pages.struct.Struct("<Q"))
    with pytest.raises(ValueError, match="shorter"):
        list(Pages(content, chunk).values(content, [5]))


def test_numbers_of_fields_may_be_written_out() -> None:
    # Field 1 is 0, 2 and 3 are sizes, 5 holds one value written plainly; 7 is named by its own number.
    header = b"\x15\x00\x15\x02\x15\x02\x2c\x15\x02\x15\x00\x00\x05\x0e\x02\x00"
    assert Pages(header, Chunk) is not None
