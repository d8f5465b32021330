"""What is counted and reported, and what of it is withheld."""
