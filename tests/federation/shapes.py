"""Access tokens as big providers make them, after their documentation: payload, life, header, and our entry for them."""

from typing import Any

AUDIENCE = "https://api.example.com"
DAY = 86_400
AUTH0 = {
    "payload": {
        "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
        "aud": [AUDIENCE, "https://tenant.eu.auth0.com/userinfo"],
        "azp": "my_client_id",
        "gty": "password",
        "scope": "openid profile email",
        "permissions": ["get:profile", "pangolins", "delete:everything"],
    },
    "life": DAY,
    "header": {"typ": "JWT"},
    "entry": {"audience": AUDIENCE, "scope_claim": "permissions"},
    "name": "auth0|5f7c8ec7c33c6c004bbafe82",
}
AUTH0_MACHINE = {
    "payload": {
        "sub": "my_client_id@clients",
        "aud": AUDIENCE,
        "azp": "my_client_id",
        "gty": "client-credentials",
        "scope": "get:profile pangolins",
    },
    "life": DAY,
    "header": {"typ": "JWT"},
    "entry": {"audience": AUDIENCE},
    "name": "my_client_id@clients",
}
COGNITO = {
    "payload": {
        "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
        "client_id": "1example23456789",
        "token_use": "access",
        "scope": "get:profile pangolins aws.cognito.signin.user.admin",
        "username": "my-test-user",
        "event_id": "64f513be-32db-42b0-b78e-b02127b4f463",
        "origin_jti": "5b9f50a3-05da-454a-8b99-b79c2349de77",
        "jti": "dd0ea9cd-6a3b-4d7d-b0f5-1d9b1c1f8d7b",
        "auth_time": 1_800_000_000,
        "version": 2,
        "cognito:groups": ["animals"],
    },
    "life": 3600,
    "header": {},
    "entry": {"audience": "1example23456789"},
    "name": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
}
ENTRA = {
    "payload": {
        "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
        "aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
        "azp": "72f988bf-86f1-41af-91ab-2d7cd011db47",
        "azpacr": "1",
        "oid": "00000000-0000-0000-66f3-3332eca7ea81",
        "tid": "3338040d-6c67-4c5b-b112-36a304b66dad",
        "uti": "fqiBqXLPj0eQa82S-IYFAA",
        "rh": "I",
        "scp": "get:profile pangolins",
        "name": "Abe Lincoln",
        "preferred_username": "AbeLi@microsoft.com",
        "ver": "2.0",
    },
    "life": 5400,
    "header": {"typ": "JWT", "x5t": "nOo3ZDrODXEK1jKWhXslHR_KXEg"},
    "entry": {"audience": "6e74172b-be56-4843-9ff4-e66a39bb12e3", "scope_claim": "scp"},
    "name": "Abe Lincoln",
}
ENTRA_MACHINE = {
    "payload": {
        "sub": "b1f0f5b5-5f43-4fc2-9ae1-2b1f3e9a7c11",
        "aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
        "azp": "72f988bf-86f1-41af-91ab-2d7cd011db47",
        "idtyp": "app",
        "roles": ["get:profile", "pangolins"],
        "ver": "2.0",
    },
    "life": 5400,
    "header": {"typ": "JWT"},
    "entry": {"audience": "6e74172b-be56-4843-9ff4-e66a39bb12e3", "scope_claim": "roles"},
    "name": "b1f0f5b5-5f43-4fc2-9ae1-2b1f3e9a7c11",
}
SHAPES: dict[str, dict[str, Any]] = {
    "Auth0": AUTH0,
    "Auth0, a machine": AUTH0_MACHINE,
    "Cognito": COGNITO,
    "Entra": ENTRA,
    "Entra, a machine": ENTRA_MACHINE,
}
