"""The identity provider, whichever is bound: what runbooks call `idp.*`."""
