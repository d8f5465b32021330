"""Faults against real processes, drawn by a seed, and checkers that share no code with the services."""
