"""What may be done to the world, by whom, within which bounds, and how it is taken back."""
