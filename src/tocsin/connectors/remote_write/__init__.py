"""Prometheus remote write: samples as Prometheus and its relatives send them."""
