"""Adults who supervise learners, and what is known of their DBS checks."""
