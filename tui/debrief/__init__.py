"""What is told at the end of a scenario: gathered, kept, and written out."""
