"""The pytest plugin: options, ini, markers, hooks; turns pytest's events into calls and decides nothing."""
