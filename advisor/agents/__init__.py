"""Support for coding agents: tools over the Model Context Protocol, and an agent skill."""
