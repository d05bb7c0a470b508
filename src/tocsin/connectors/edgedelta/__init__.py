"""Edge Delta: notifications of its monitors, by the template that we ship."""
