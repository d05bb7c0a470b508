"""Keeps heads of the log outside: in a locked bucket of another account, and under a time stamp."""
