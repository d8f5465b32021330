"""What the platform's operators ask of a service over HTTP, the same of each."""
