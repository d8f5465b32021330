"""Learners: rosters, learners by pseudonym, and cohorts."""
