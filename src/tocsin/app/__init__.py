"""The composition root: builds everything from settings; the only room that knows every other."""
