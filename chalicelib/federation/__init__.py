"""Log-in through other OpenID providers: they authenticate, we keep the accounts."""
