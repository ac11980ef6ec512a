"""What is made sure of before an opening: keys that answer, and the program that seals."""
