"""Control totals: what each service counted of a day, and where two of them differ."""
