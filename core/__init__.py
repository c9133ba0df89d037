"""The values and protocols every part of Tastemaker shares; needs pydantic alone."""
