"""Log-in through other OpenID providers: they vouch, we keep the accounts."""
