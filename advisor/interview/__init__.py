"""The next question, until the outcome can no longer change."""
