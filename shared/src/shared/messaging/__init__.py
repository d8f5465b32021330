"""Events in and out: outbox and relay, consumer and inbox, parked messages, deadlines."""
