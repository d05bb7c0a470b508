"""The generic webhook: messages as JSON, signed by the Standard Webhooks rules."""
