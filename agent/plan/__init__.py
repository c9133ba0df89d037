"""The rule planner: one message to a turn plan, without a model."""
