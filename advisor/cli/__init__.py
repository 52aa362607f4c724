"""The only door to the terminal: parse, call, render, exit."""
