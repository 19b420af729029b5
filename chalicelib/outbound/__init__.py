"""What is outside and not ours: bounded HTTP, KMS, mail. Each call ends in time or raises Unavailable."""
