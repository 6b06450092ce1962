"""Where `earthquakes.csv` comes from.

Annual numbers of major earthquakes (magnitude 7 or more) in the world, 1900-2006, as printed in table 1.1 of
Zucchini, MacDonald & Langrock (2016), Hidden Markov Models for Time Series, second edition, and kept by the
authors at www.hmms-for-time-series.de/second/data/earthquakes.txt. The counts are facts published by the
U.S. Geological Survey. The book's two-state Poisson model, started from its stationary distribution, has
-log L = 342.3183 with means 15.472 and 26.125 (its section 3.4 and appendix).
"""
