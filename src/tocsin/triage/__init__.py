"""Judge an alert by policy files: how bad, of which type, and to which incident it belongs."""
