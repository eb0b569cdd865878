"""Who is in which room, and who is told what: pure but for the driver, which knows connections by a protocol alone."""
