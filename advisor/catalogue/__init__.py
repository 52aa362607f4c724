"""What is known of checkpoints: listed, shown, compared, and held against the Hub and releases."""
