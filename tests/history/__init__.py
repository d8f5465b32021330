"""Drills of what is over: copies that are lost and rebuilt, a database that is lost and restored."""
