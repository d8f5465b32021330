"""The kit the five services stand on: it knows no business rule and no service."""
