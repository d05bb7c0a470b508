"""What Microsoft Intune tells of managed devices."""
