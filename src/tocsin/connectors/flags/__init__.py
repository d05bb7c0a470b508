"""Feature flags in files of flagd that we own."""
