"""The runtime of correlations: event time, windows, bursts, chains and absence, in whatever order."""
