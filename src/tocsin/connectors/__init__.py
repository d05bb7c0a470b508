"""The edge to other services: one folder each, which turns their wire formats into our nouns and back."""
