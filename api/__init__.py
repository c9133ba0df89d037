"""The doors for other programs: HTTP, OpenAI-compatible chat, and MCP."""
