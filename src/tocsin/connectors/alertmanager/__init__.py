"""Alertmanager's two wire formats: alerts as Prometheus posts them, and Alertmanager's webhook."""
