"""Collects evidence that lies near: files, databases, addresses, and what Tocsin itself keeps."""
