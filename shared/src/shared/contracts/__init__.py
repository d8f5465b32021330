"""The published language: what each service says on which topic, version by version."""
