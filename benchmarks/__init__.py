"""Speed and quality, as scripts with committed results in benchmarks/results/."""
