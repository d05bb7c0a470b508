"""The Sigma language: from rule text to a tree of predicates over a record's fields."""
