"""Judges metrics by Prometheus' own rule files: a stated subset of PromQL, read as Prometheus 2.42 does."""
