"""Our line to the server: who is signed in, and how the page comes into a room and stays there."""
