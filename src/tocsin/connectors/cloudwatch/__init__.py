"""What Amazon CloudWatch and EventBridge send: alarms, log lines, metrics and events."""
