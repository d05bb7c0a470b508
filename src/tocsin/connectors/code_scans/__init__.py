"""What scanners of code, dependencies and images found."""
