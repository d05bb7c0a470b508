"""What a report of an alert means for what is already known of it."""
