"""The chat page, drawn with Streamlit. Everything a person says lives in the conversation store, nothing here."""
