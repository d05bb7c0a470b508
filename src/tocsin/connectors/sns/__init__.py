"""Amazon SNS over HTTPS: signed notifications, and what lies in them."""
