"""What API Gateway does around our code, as far as ``chalice local`` does not: IAM, its cache, its router."""
