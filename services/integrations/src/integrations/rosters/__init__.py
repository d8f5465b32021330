"""Rosters: what a school system sends of its learners, read, sealed and passed on."""
