"""Conventional rankers, soft preferences and diversity."""
