"""What machines touch: intake, hooks, our REST, the live stream, health."""
