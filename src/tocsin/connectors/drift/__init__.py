"""Configuration as it is, held against how Git says it should be."""
