"""Alertmanager's API, version 2, whole: Prometheus and amtool work with it unchanged."""
