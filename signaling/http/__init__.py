"""What every HTTP request passes, how it is answered, and the endpoints that belong to no other folder."""
