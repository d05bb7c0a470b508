"""Detection: compiled Sigma rules judge signals and say, one alert a burst, what is wrong."""
