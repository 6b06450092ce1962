"""The canvas as people work on it: made, joined, worked on live, closed, and what stays of it."""
