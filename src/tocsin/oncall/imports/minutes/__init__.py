"""Who is on call at one minute by another product's own rules, found without anything of our schedules."""
