"""Wrong: it never connects, and prints its own message."""
import sys

print("Answer:", sys.argv[1])
