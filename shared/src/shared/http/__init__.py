"""HTTP as this house speaks it: problems, idempotency, versions, paging, limits and health."""
