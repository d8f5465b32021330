"""The ledger as rows."""
