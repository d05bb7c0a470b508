"""Questions to databases that are written in a pack's `actions.yml`; they only ever read."""
