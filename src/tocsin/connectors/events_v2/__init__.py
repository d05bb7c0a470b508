"""PagerDuty's Events API v2, answered by us: for senders that know no other."""
