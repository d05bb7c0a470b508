"""OpenTelemetry: logs and spans as signals, metrics as samples."""
