"""Yes and no as schools and vendors write them, by one table."""

YES_OR_NO = {
    **dict.fromkeys(("y", "yes", "true", "t", "1", "1.0"), True),
    **dict.fromkeys(("", "n", "no", "false", "f", "0", "0.0"), False),
}
# Columns of yes and no, and the priority flag that each stands for.
COLUMNS = {
    "metadata.free_school_meals": "free-school-meals",
    "metadata.pupil_premium": "pupil-premium",
    "metadata.send": "send",
    "metadata.looked_after": "looked-after",
}


def read(cell: str) -> bool | None:
    """None where the table does not know what is written there: never taken for a no."""
    return YES_OR_NO.get(cell.strip().lower())
