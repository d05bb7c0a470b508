"""Rolls services back to a proven build, by its digest, and looks whether it is healthy."""
