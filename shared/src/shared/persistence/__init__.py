"""PostgreSQL: databases and roles, the connection pool, one transaction, the kit's own tables."""
