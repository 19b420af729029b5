"""The rows of the bench: each module measures one and gives a Finding."""
