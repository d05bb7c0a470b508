"""Where state is kept: tables, shelves that turn rows into nouns, memory twins, jobs and the lake."""
