"""SQLite through sqlite-utils: migrations and repositories. Only this room imports sqlite_utils."""
