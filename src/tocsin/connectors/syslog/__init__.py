"""Syslog over TCP, TLS and UDP: RFC 5424, with RFC 3164 tolerated."""
