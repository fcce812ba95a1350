"""What a person meets in a terminal: screens and the command line."""
