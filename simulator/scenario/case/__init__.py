"""The capstone: a case made from a seed, the people in it, and the defender who plays it."""
