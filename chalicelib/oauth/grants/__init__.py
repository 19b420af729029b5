"""The grants of the token endpoint, one module each (OP-4)."""
