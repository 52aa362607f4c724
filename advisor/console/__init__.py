"""What commands share: options, streams, prompts, and the one place that prints."""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""How the parser treats every command."""

HOMES: list[str] = []
"""Where the commands of this program live, as `module:function`; filled by the command table."""
