"""What the definitions and the command line share."""
