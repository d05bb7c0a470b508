"""Sentry: webhooks of an integration about errors, issues and metrics."""
