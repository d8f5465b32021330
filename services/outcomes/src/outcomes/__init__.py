"""Frameworks, evidence of meaningfulness, and the ten-day ledger in minutes."""
