"""One static page that answers in a browser what the command line answers."""
