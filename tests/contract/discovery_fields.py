"""Every field of the discovery documents, with the test that uses it; and what a certified peer tells that we do not.

A field that is added gets its line here: nothing is advertised that no test uses (OP-9).
"""

OAUTH, KEYED = "oauth/test_", "oauth/test_client_authentication.py::test_a_client_proves_itself_by_its_key"
FLOW = "oauth/test_code_flow.py::"

USED_BY: dict[str, str] = {
    "issuer": f"{OAUTH}discovery.py::test_the_documents_name_the_issuer_whatever_host_is_asked",
    "authorization_endpoint": f"{FLOW}test_a_person_logs_in_consents_and_the_client_gets_tokens",
    "token_endpoint": f"{FLOW}test_a_person_logs_in_consents_and_the_client_gets_tokens",
    "userinfo_endpoint": f"{FLOW}test_userinfo_tells_what_the_scopes_let_the_client_know",
    "jwks_uri": "clients/test_programs.py::test_a_verifier_takes_our_tokens_and_no_tampered_one",
    "revocation_endpoint": f"{OAUTH}inspection.py::test_revoking_either_token_ends_the_session",
    "introspection_endpoint": f"{OAUTH}inspection.py::test_a_client_sees_its_own_tokens",
    "device_authorization_endpoint": f"{OAUTH}devices.py::test_a_program_gets_its_tokens_once_its_person_allows",
    "pushed_authorization_request_endpoint": f"{OAUTH}pushed_requests.py::test_log_in_and_consent_end_at_the_client",
    "require_pushed_authorization_requests": f"{FLOW}test_a_person_logs_in_consents_and_the_client_gets_tokens",
    "registration_endpoint": f"{OAUTH}registration.py::test_a_program_registers_itself_and_its_person_logs_in_with_it",
    "end_session_endpoint": f"{OAUTH}logout.py::test_with_a_hint_it_ends_both_sessions_and_leads_back",
    "backchannel_logout_supported": f"{OAUTH}backchannel_logout.py::test_it_is_posted_as_a_form_to_the_uri_with_its_query",
    "backchannel_logout_session_supported": (
        f"{OAUTH}backchannel_logout.py::test_the_token_says_who_which_session_and_that_it_is_a_log_out"
    ),
    "protected_resources": f"{OAUTH}protected_resource.py::test_the_authorization_server_names_our_api_too",
    "scopes_supported": f"{FLOW}test_scopes_are_requested_allowed_and_the_persons_all_three",
    "response_types_supported": f"{OAUTH}authorize.py::test_any_other_fault_is_told_to_the_client",
    "response_modes_supported": f"{OAUTH}form_post.py::test_log_in_and_consent_end_in_a_form_with_the_code",
    "grant_types_supported": f"{OAUTH}token_requests.py::test_a_grant_taken_from_a_client_counts_at_once",
    "subject_types_supported": f"{FLOW}test_userinfo_tells_what_the_scopes_let_the_client_know",
    "code_challenge_methods_supported": f"{FLOW}test_each_binding_of_a_code_is_checked",
    "token_endpoint_auth_methods_supported": f"{OAUTH}client_authentication.py::test_a_secret_is_taken_as_basic_and_in_the_form",
    "token_endpoint_auth_signing_alg_values_supported": KEYED,
    "revocation_endpoint_auth_methods_supported": f"{OAUTH}inspection.py::test_revoking_either_token_ends_the_session",
    "revocation_endpoint_auth_signing_alg_values_supported": KEYED,
    "introspection_endpoint_auth_methods_supported": f"{OAUTH}inspection.py::test_a_public_client_and_a_stranger_may_not_ask",
    "introspection_endpoint_auth_signing_alg_values_supported": KEYED,
    "introspection_signing_alg_values_supported": (
        f"{OAUTH}introspection_jwt.py::test_discovery_names_the_algorithm_that_signs_it"
    ),
    "id_token_signing_alg_values_supported": f"{OAUTH}discovery.py::test_the_algorithm_named_is_the_one_that_signs",
    "claim_types_supported": f"{FLOW}test_userinfo_tells_what_the_scopes_let_the_client_know",
    "claims_supported": f"{OAUTH}discovery.py::test_the_algorithm_named_is_the_one_that_signs",
    "claims_parameter_supported": (
        f"{OAUTH}claims_parameter.py::test_the_id_token_holds_what_was_named_and_userinfo_what_was_consented_to"
    ),
    "request_parameter_supported": f"{OAUTH}discovery.py::test_what_is_said_to_be_unsupported_is_refused",
    "request_uri_parameter_supported": f"{OAUTH}discovery.py::test_what_is_said_to_be_unsupported_is_refused",
    "ui_locales_supported": f"{OAUTH}claims_parameter.py::test_a_wish_that_cannot_be_met_changes_nothing",
    "display_values_supported": f"{OAUTH}claims_parameter.py::test_a_wish_that_cannot_be_met_changes_nothing",
    "prompt_values_supported": f"{OAUTH}authorize.py::test_prompt_none_gives_a_code_without_a_question_or_says_why_not",
    "dpop_signing_alg_values_supported": f"{OAUTH}dpop.py::test_tokens_of_every_grant_are_bound_to_the_key_that_a_proof_shows",
    "authorization_response_iss_parameter_supported": f"{OAUTH}authorize.py::test_any_other_fault_is_told_to_the_client",
    "client_id_metadata_document_supported": (
        f"{OAUTH}client_documents.py::test_a_client_that_describes_itself_logs_in_refreshes_and_is_told_who_it_is"
    ),
    "acr_values_supported": f"{OAUTH}levels.py::test_who_has_one_shows_it_and_nothing_of_the_request_is_lost",
}

# Routes below /oauth and /.well-known that no document names, and why.
NAMED_NOWHERE: dict[str, str] = {
    "/.well-known/openid-configuration": "it is a document itself",
    "/.well-known/oauth-authorization-server": "it is a document itself",
    "/oauth/register/{client_id}": "the answer to a registration names it (RFC 7592 section 3)",
    **dict.fromkeys(
        (
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-protected-resource/{first}",
            "/.well-known/oauth-protected-resource/{first}/{second}",
            "/.well-known/oauth-protected-resource/{first}/{second}/{third}",
        ),
        "a challenge names it (RFC 9728 section 5.1)",
    ),
}

# What oidc-provider tells with the features named in the test that asks it, and we do not.
ONLY_AT_THE_PEER: dict[str, str] = {
    "request_object_signing_alg_values_supported": "no request objects: a pushed request does what they are for (0050, 0092)",
    "userinfo_signing_alg_values_supported": "userinfo answers as JSON over TLS (OIDC Core section 5.3.2)",
}

# The lists of ours that lack values of the peer's, and why.
LACKS_VALUES: dict[str, str] = {
    "grant_types_supported": "no implicit flow (RFC 9700 section 2.1.2)",
    "response_types_supported": "one flow: code (0050)",
    "response_modes_supported": "no fragment (0092)",
    "scopes_supported": "the peer's own, of the test",
    "token_endpoint_auth_methods_supported": "no client_secret_jwt: a secret is kept as its hash (OP-6)",
    "token_endpoint_auth_signing_alg_values_supported": "no HS256, for the same reason; no PS256, one name of EdDSA (0021)",
    "dpop_signing_alg_values_supported": "the algorithms that we believe elsewhere: one name of EdDSA (0021)",
    "id_token_signing_alg_values_supported": "one key ring, one algorithm (0020)",
    "introspection_signing_alg_values_supported": "one key ring, one algorithm (0020)",
}
