"""Cats for everybody, pangolins for holders of a scope."""

import msgspec

from chalicelib.web.routes import Answer, Api, Call

api = Api("sample")


class Animal(msgspec.Struct, frozen=True):
    """An animal and where it lives."""

    id: int
    name: str
    address: str


class Cats(msgspec.Struct, frozen=True):
    """All our cats."""

    cats: list[Animal]


class Pangolins(msgspec.Struct, frozen=True):
    """All our pangolins."""

    pangolins: list[Animal]


CATS = Cats([Animal(1, "Furball", "2 Fur Lane")])
PANGOLINS = Pangolins([Animal(2, "Pengu", "123 Carapace Drive")])


@api.route("/cats", methods=["GET"], public=True, gives=Cats)
def cats(_: Call) -> Answer:
    """Return the cats; anybody may see them."""
    return Answer(CATS)


@api.route("/pangolins", methods=["GET"], scope="pangolins", says="see the pangolins", gives=Pangolins)
def pangolins(_: Call) -> Answer:
    """Return the pangolins; the gateway refuses a token without the scope ``pangolins``."""
    return Answer(PANGOLINS)
