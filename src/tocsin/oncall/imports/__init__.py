"""What other on-call products export, read, written as an `oncall.yml`, and compared minute by minute."""
