"""The OpenID provider: what other programs may ask of us in a person's name, or in their own."""
