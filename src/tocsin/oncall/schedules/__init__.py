"""Who is on call when: layers, restrictions, overrides, calendars, and the reports about them."""
