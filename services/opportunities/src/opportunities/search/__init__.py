"""The public search for what is offered."""
