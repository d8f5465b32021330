"""Attacks on the running platform: documents, tenants, tokens, rows and words that must not leak."""
