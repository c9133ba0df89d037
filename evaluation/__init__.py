"""Benchmarks and their figures: tasks played against simulated people, graded apart from the agent's own filters."""
