"""The server: accounts, pages, and the introduction of peers. It never sees a message of a conversation."""
