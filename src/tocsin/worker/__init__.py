"""The loops: due jobs, deliveries, the judging of signals, and seals."""
