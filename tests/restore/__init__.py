"""A service's database server is lost and brought back to a moment, and all services are compared."""
