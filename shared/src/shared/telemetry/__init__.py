"""Traces, metrics and logs: what happened and how long it took, never to whom."""
