"""From bytes to messages, and back: HTTP requests and WebSockets as the network brings them. Knows no room."""
