"""Reading an experiment: customers were assigned by lot, so what differs is what the action did.

- `model`: `Experiment`, what is compared with what; `results`: what it returns.
- `reading`: from units to arms; `checking`, `checks`: whether it went as designed; `estimating`: one outcome
  of one variant; `telling`: verdicts and sentences; `grouping`: by group.
- `kernel`: two arms compared, from counts, means and covariances; beside it `ordinal`, `clusters`,
  `sequential`, `bounds` and `shrinkage`; `survival`: how long until something happens;
  `latent`: scores with their errors.
- `tabled`: `ActionExperiment`, an experiment whose arms and outcomes stand in the tables.
- `trial`: `Trial`, experiments without an effect on one's own data.
"""
