"""The long-term profile: what is kept of a person, by which rules, and how it is used, shown, edited and deleted."""
