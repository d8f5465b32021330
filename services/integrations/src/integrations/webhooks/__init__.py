"""Webhooks: endpoints of partners, and deliveries of events to them."""
