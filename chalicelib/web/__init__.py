"""The web edge: the seam with Chalice, the guard, strict parsing, and one module of views per resource."""
