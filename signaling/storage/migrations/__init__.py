"""The steps from the schema of any release to this one's, as Alembic runs them; never changed once released."""
