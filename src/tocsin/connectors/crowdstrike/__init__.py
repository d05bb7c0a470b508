"""What CrowdStrike Falcon tells: detections, audit events and the state of hosts."""
