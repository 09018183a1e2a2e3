"""What an expression is, and what evaluating it does to the loop. Reads `ast`, never imports."""
