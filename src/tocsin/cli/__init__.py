"""The command line: parses, asks the application, shows the answer; it decides nothing."""
