"""Actions over HTTP that are written in a pack's `actions.yml`, not in code."""
