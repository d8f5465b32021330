"""Who calls, and what they may do: tokens verified, scopes declared, deny by default."""
