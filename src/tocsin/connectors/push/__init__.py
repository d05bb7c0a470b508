"""Web push: messages to the browsers that people subscribed, without any other service's account."""
