"""Progress and gaps of an institution's learners, from counts that move with the ledger."""
