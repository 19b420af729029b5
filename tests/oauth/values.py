"""A user, a session and a client as plain values."""

from chalicelib.oauth.client import Client, ClientId
from chalicelib.scopes import Scopes
from chalicelib.sessions.session import Session, SessionId, SessionLimits
from chalicelib.users.user import User, UserId

LIMITS = SessionLimits(idle=100, absolute=1000, grace=10)


def user(held: Scopes) -> User:
    return User(UserId("u"), "zoe", "zoe", held, 0)


def session(asked: Scopes) -> Session:
    return Session(
        SessionId("s"), "u", "c", asked, created_at=0, last_used_at=0, secret_hash="", epoch=0, auth_time=0
    )


def client(allowed: Scopes) -> Client:
    return Client(ClientId("c"), "Shop", 0, scopes=allowed)
