"""Any JSON: a mapping in a pack says where its id, status, severity and words are."""
