"""Mail as a way in: for senders that can do nothing else."""
