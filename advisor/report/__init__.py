"""Any result as JSON or as a page for terminal, Markdown or HTML; renderers return."""
