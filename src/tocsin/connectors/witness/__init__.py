"""Asks a witness to cosign the log's head."""
