"""People who do not exist: they talk to a recommender as somebody would, before a person meets it."""
