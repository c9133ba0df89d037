"""The doors a person comes in by: the command `tastemaker` and the chat page."""
