"""What SentinelOne tells: threats and the state of its agents."""
