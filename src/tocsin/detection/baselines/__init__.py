"""What is usual for somebody, and how unusual a count is."""
