"""Any result as JSON, a page for the terminal, Markdown or HTML. Renderers return; one caller prints."""
