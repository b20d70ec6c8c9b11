"""Real browsers, driven as a person's phone would be."""
