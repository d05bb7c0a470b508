"""What can be done and kept in AWS: one file a service, as plays that never touch the network."""
