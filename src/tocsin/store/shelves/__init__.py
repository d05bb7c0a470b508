"""The shelves over a database: rows become nouns and nouns become rows, one file a group of nouns."""
