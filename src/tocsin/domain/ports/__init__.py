"""What the flow needs from the floors above it: shelves to keep things on, channels, lockers, a signer."""
