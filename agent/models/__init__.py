"""Language models behind one small protocol; LangChain and provider clients stay in `agent.models.chat`."""
