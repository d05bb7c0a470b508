"""What Tocsin itself does for a runbook: page, notify, look into its own signals, open a bridge."""
