"""Experiments: a population of simulated people against one or more recommenders, and what came of it."""
