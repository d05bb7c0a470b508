"""Asks a Prometheus server what an expression is, where one evaluates better than we do."""
