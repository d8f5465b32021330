"""The national register: organisations, opportunities and their sessions."""
