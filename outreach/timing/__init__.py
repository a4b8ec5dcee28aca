"""Time as the product means it: durations, business calendars, send windows, zones, moments."""
