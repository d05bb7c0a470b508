"""What Datadog's monitors tell by webhook."""
