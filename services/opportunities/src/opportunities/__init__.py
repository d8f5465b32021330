"""The national directory of organisations, what they offer, and the public search for it."""
