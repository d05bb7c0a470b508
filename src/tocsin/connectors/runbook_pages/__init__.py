"""Runbooks that live elsewhere, in Confluence or Git: read once and quoted as evidence."""
