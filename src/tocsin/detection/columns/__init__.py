"""Judge records that were cut into dictionary-encoded columns; needs numpy, so it is loaded only by hunts."""
