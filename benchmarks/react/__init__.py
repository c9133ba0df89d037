"""A plain LangChain agent over our tools, as the comparison for what a turn costs."""
