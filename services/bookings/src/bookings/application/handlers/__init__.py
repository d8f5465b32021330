"""The use cases, by what they are about: load, decide, save."""
