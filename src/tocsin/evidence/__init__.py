"""What makes bytes an exhibit, who held it, and whether it is still what was kept."""
