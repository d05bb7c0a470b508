"""Commands on this machine, behind an allow-list that somebody signed."""
