"""How the demo checkpoints of advisor were trained, measured and described."""
