"""The demo: a small living world on a platform that runs, made through its public REST interface."""
