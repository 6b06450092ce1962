"""From codes to parameters, and how sure they are.

- `starts`: where fits start.
- `anchoring`: the rungs as the answers alone have them.
- `estimation`: expectation-maximisation, then quasi-Newton steps.
- `looks`: what is decided on a sample beforehand.
- `choice`: which parts the data ask for; `states`: how many states.
- `journal`: passes kept on disk, from which a fit goes on.
- `spread`: the same sums over customers who stand elsewhere.
- `figures`: what is reported with an interval.
- `uncertainty`: covariance of the parameters and variance of the figures.
"""
