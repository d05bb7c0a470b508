"""Parquet files as sources of signals."""
