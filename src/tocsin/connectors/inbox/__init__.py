"""The Inbox: messages kept locally, for drills and first use."""
