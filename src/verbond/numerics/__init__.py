"""Numerics that more than one room needs: intervals, threads over chunks, log-sums."""
