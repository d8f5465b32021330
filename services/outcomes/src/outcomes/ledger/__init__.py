"""The ten-day ledger: what counts, the account of each learner, and where the learner is enrolled."""
