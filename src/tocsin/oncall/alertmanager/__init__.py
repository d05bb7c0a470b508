"""Alertmanager's own way with alerts: its file, its route tree, its groups, its times and its templates."""
