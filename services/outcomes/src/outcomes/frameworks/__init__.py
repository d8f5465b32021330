"""Frameworks of learning outcomes: shipped with the service, published to the others, read by everybody."""
