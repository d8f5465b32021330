"""Areas, the places in them, and the postcodes that lead there."""
