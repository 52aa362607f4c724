"""For programs that act for people: tools over the Model Context Protocol, and a skill to read."""
