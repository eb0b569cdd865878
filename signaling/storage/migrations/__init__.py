"""The steps from the schema of any release to that of this one, as Alembic runs them; never changed once released."""
