"""One process: mounts the API and the console, starts the worker's loops."""
