"""Other people's checkpoints: read without executing anything in them, and turned into Reverie's own."""
