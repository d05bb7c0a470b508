"""The log's signing key where somebody else holds it: a KMS, an HSM, or a file of its own."""
