"""What commands share: options, streams, prompts, and the one place that prints."""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Settings of the parser's context for every command."""

HOMES: list[str] = []
"""The functions of all commands as `module:function`; `cli.program` fills the list."""
