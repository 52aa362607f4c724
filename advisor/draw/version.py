"""The version of the JSON documents that commands print."""

SCHEMA_VERSION = 1
