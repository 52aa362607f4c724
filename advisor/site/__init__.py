"""The static web page that gives the recommendations of the command line in a browser."""
