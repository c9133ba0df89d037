"""From spoken words to a catalogue's values and items."""
