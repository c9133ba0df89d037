"""A catalogue on disk, opened read-only: items, columns, vectors, interactions."""
