"""The rules of clearances."""
