"""What outlives a restart: the database, its tables and their migrations, and the data folder."""
