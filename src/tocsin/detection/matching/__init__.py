"""Judge log lines by thousands of rules at once, at a cost below that of reading the log."""
