"""Accounts of people who come from a provider for the first time."""

from dataclasses import dataclass, replace

from chalicelib.accounts.sign_up import SignUp
from chalicelib.audit.trail import Audit, Source
from chalicelib.federation.profile import Person
from chalicelib.store import Store
from chalicelib.users.free_names import free_name
from chalicelib.users.user import NewUser
from chalicelib.users.users import Users
from chalicelib.world import World


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Makes them, without a password and under a name that is free."""

    store: Store
    world: World
    users: Users
    sign_up: SignUp
    audit: Audit

    def make(self, person: Person, source: Source, *, address_is_free: bool) -> None:
        """Make an account with this one identity; its address is taken as proven where the provider says so and it is free.

        Raises Conflict where another commit was first, NotAllowed where sign-up is closed, SlowDown.
        """
        self.sign_up.admit(source)
        username = free_name(self.store, self.world, person.username or person.name)
        wanted = NewUser(username=username, email=person.email, name=person.name)
        made, _ = self.users.compose(
            wanted,
            password=None,
            granted=self.sign_up.policy.default_scopes,
            network=source.network,
            in_person=True,
        )
        user = replace(
            made,
            email_verified=address_is_free and person.verified_email is not None,
            username_is_given=True,
            identities=(person.as_identity(self.world),),
        )
        noted = (
            self.audit.write(event, target=user.user_id, source=source, provider=person.provider)
            for event in ("sign_up", "identity_linked")
        )
        self.store.commit(*self.users.records.making(user), *noted)
