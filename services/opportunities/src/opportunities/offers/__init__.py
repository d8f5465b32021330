"""Offers: opportunities, their sessions, and what the listing shows of them."""
