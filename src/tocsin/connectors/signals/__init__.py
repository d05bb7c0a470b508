"""Signals as they are posted or lie in files: NDJSON, JSON, CloudTrail, plain or gzip."""
