"""The tamper-evident log: what is hashed, how its head is signed, and how an outsider checks all of it."""
