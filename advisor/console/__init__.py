"""What commands share: options, streams, prompts, and the one place that prints."""
