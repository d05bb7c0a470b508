"""CloudTrail files in S3: each object read once."""
