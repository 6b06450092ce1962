"""What goes out of a canvas on paper and in files."""
