"""From public data sets and files to catalogues on disk."""
