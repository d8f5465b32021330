"""The rules of assurances."""
