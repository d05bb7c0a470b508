"""ntfy: push messages to phones by a server that may be one's own."""
