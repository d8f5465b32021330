"""What counts, and the account it is entered in."""
