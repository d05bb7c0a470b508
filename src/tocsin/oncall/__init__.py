"""Who is called, by which channel, by when, and why."""
