"""What programs and people rely on, kept as data: a change that nobody meant shows as a difference."""
