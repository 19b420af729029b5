"""One walk, every way there is to run the service (AZ-5: the same statuses everywhere)."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from chalicelib.store.dynamodb import create_table
from cupbearer.testing import AppUnderTest
from tests.journeys.carriers import as_lambda, in_process, over_http
from tests.journeys.walk import walk
from tests.parts.server import running
from tests.store.places import DynamoPlace

KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


class TestInOneProcess:
    @pytest.fixture(params=["jwt", "opaque"])
    def cupbearer_settings(self, request: pytest.FixtureRequest) -> Mapping[str, str]:
        return {"CUPBEARER_ACCESS_TOKENS": request.param}

    def test_through_chalices_test_client(self, cupbearer: AppUnderTest) -> None:
        walk(in_process(cupbearer))

    def test_as_lambda(self, cupbearer: AppUnderTest) -> None:
        walk(as_lambda(cupbearer, import_module("app")))


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_on_make_serve(tmp_path: Path, algorithm: str) -> None:
    with running(tmp_path, SIGNING_ALG=algorithm) as server:
        walk(over_http(server))


def test_on_make_serve_with_opaque_tokens(tmp_path: Path) -> None:
    with running(tmp_path, ACCESS_TOKENS="opaque") as server:
        walk(over_http(server))


def test_on_plain_chalice_local(tmp_path: Path) -> None:
    with running(tmp_path, plain=True) as server:
        walk(over_http(server))


@pytest.mark.dynamodb
@pytest.mark.parametrize("kind", ["jwt", "opaque"])
def test_on_dynamodb(tmp_path: Path, dynamodb: DynamoPlace, kind: str) -> None:
    """Region and endpoint come the SDK's usual way."""
    key, secret = dynamodb.credentials or ("", "")
    aws = {"AWS_ENDPOINT_URL": dynamodb.endpoint, "AWS_DEFAULT_REGION": dynamodb.region}
    aws |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret} if key else {}
    table = f"cupbearer-walk-{kind}"
    client = dynamodb.client()
    create_table(client, table)
    try:
        with running(
            tmp_path, aws=aws, STORE=f"dynamodb://{table}", MASTER_KEY=KEY, ACCESS_TOKENS=kind
        ) as server:
            walk(over_http(server))
        assert not (tmp_path / "cupbearer.db").exists()
    finally:
        client.delete_table(TableName=table)
