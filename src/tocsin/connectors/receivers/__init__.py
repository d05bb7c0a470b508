"""Receivers of an imported `alertmanager.yml` that are told as Alertmanager tells them."""
