"""What the reader of Parquet says of itself."""

from __future__ import annotations

from tocsin.connectors.manifest import Category, Format, Manifest

MANIFEST = Manifest(
    name="parquet",
    title="Parquet",
    category=Category.SIGNALS,
    summary="Reads Parquet files, our own segments among them; needs `pip install 'tocsin[lake]'`.",
    inbound=("tocsin.connectors.parquet.rows:read_rows",),
    formats=(
        Format(
            name="parquet",
            summary="A Parquet file; each row a signal, or the record in its column raw.",
            stream="tocsin.connectors.parquet.rows:read_rows",
            openings=(b"PAR1",),
            extra="lake",
            files_only=True,
        ),
    ),
)
