"""What Jamf Pro tells of Apple devices."""
