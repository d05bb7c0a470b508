"""Microsoft Teams: cards through a workflow."""
