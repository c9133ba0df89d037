"""The subcommands, kept thin."""
