"""Twilio: text messages and telephone calls, and what people answer to them."""
