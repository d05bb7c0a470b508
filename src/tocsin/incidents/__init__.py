"""The life of an incident: which moves are allowed, which clocks run, what is told of it."""
