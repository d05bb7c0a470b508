"""Windows event logs as their own files hold them."""
