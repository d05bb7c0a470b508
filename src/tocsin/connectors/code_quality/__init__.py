"""Reports about the tests of code: coverage and mutation scores."""
