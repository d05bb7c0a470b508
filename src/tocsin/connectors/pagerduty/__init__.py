"""PagerDuty: alerts out by its Events API v2."""
