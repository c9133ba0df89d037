"""What the agent can use, alone or together: typed tools over a catalogue."""
