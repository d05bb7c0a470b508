"""Logs that AWS writes into S3 or Firehose as lines: WAF, VPC flows, load balancers."""
