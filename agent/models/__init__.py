"""Language models behind one small protocol; LangChain and provider clients stay in `chat` and `http`."""
