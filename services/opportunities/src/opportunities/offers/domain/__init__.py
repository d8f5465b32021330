"""What is offered: offers and their rules, opportunities, sessions, the listing."""
