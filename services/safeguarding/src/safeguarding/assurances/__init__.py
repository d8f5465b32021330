"""Assurances: whether a site is trusted for a band of activity, by one national checklist."""
