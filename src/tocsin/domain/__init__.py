"""The nouns of the product: frozen, without I/O, split by noun."""
