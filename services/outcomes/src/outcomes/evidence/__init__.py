"""What shows that an experience was meaningful: statements, feedback and reflections (M1-M7)."""
