"""What is said in a room: what goes out to which device and when, what has arrived, and what of it is kept."""
