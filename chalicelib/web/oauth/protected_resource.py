"""What an API says of itself to those who want a token for it (RFC 9728): our own, and those that we publish it for."""

from chalicelib.web.refusals import METADATA_PATH
from chalicelib.web.routes import Answer, Api, Call
from chalicelib.web.scope_descriptions import ROUTE_SCOPES

api = Api("oauth")

CACHED = {"Cache-Control": "public, max-age=300"}


@api.route(METADATA_PATH, methods=["GET"], public=True, gives=dict, any_origin=True)
def protected_resource(call: Call) -> Answer:
    """Return who issues tokens for this API, and which scopes its routes ask for (RFC 9728)."""
    from chalicelib.oauth import metadata

    issuer = call.services.settings.issuer
    brand = call.services.settings.brand
    document = metadata.protected_resource(
        issuer, issuer=issuer, scopes_supported=ROUTE_SCOPES, name=brand.name
    )
    return Answer(document | metadata.proofs_of_possession(), headers=CACHED)


@api.route(
    f"{METADATA_PATH}/{{first}}", methods=["GET"], public=True, gives=dict, any_origin=True, refuses=(404,)
)
def hosted_resource(call: Call) -> Answer:
    """Return the metadata of an API that asked for it to be published here: its path if it is below our host, else its host.

    (RFC 9728 section 3.1)
    """
    return _hosted(call, "first")


@api.route(
    f"{METADATA_PATH}/{{first}}/{{second}}",
    methods=["GET"],
    public=True,
    gives=dict,
    any_origin=True,
    refuses=(404,),
)
def hosted_resource_below(call: Call) -> Answer:
    """Return the metadata of an API with one segment more."""
    return _hosted(call, "first", "second")


@api.route(
    f"{METADATA_PATH}/{{first}}/{{second}}/{{third}}",
    methods=["GET"],
    public=True,
    gives=dict,
    any_origin=True,
    refuses=(404,),
)
def hosted_resource_further_below(call: Call) -> Answer:
    """Return the metadata of an API with two segments more."""
    return _hosted(call, "first", "second", "third")


def _hosted(call: Call, *names: str) -> Answer:
    from chalicelib.oauth import metadata

    provider, issuer = call.services.oauth, call.services.settings.issuer
    found = provider.resources.hosted_at("/".join(call.params[name] for name in names))
    document = metadata.protected_resource(
        found.identifier, issuer=issuer, scopes_supported=found.scope_names, name=found.name
    )
    return Answer(document, headers=CACHED)
