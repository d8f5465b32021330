"""Commands carried out once: claim, work, outbox and answer in one transaction."""
