# Regular buyers by BTYDplus, on data that it simulates: made with R 4.2.2 and BTYDplus 1.2.0.
# Rscript btydplus_regular.R > btydplus_regular.json
# Parameters and log-likelihoods of MBG/CNBD-k and BG/CNBD-k with k chosen by likelihood, and at given parameters
# the chance to be there for the first 12 customers and purchases expected of anybody until some weeks.
suppressMessages({library(BTYDplus); library(jsonlite)})
set.seed(20)
truth <- c(k = 3, r = 0.9, alpha = 1.6, a = 0.8, b = 2.4)
made <- mbgcnbd.GenerateData(n = 400, T.cal = 52, T.star = 26, params = truth)
cbs <- as.data.frame(made$cbs)
given <- c(k = 3, r = 0.8, alpha = 1.5, a = 0.9, b = 2.5)
weeks <- c(4, 13, 26, 52)
some <- 1:12
one <- function(estimate, loglik, alive, expectation) {
  found <- estimate(cbs)
  list(k = found[["k"]], params = as.numeric(found[-1]), loglik = loglik(found, cbs),
       logliks = sapply(1:5, function(k) loglik(estimate(cbs, k = k), cbs)),
       given_loglik = loglik(given, cbs),
       alive = alive(given, cbs$x[some], cbs$t.x[some], cbs$T.cal[some]),
       expectation = as.numeric(expectation(given, weeks)))
}
cat(toJSON(list(
  version = as.character(packageVersion("BTYDplus")), given = as.numeric(given), weeks = weeks,
  x = cbs$x, t_x = round(cbs$t.x, 9), T = cbs$T.cal, litt = round(cbs$litt, 9),
  `mbg-cnbd-k` = one(mbgcnbd.EstimateParameters, mbgcnbd.cbs.LL, mbgcnbd.PAlive, mbgcnbd.Expectation),
  `bg-cnbd-k` = one(bgcnbd.EstimateParameters, bgcnbd.cbs.LL, bgcnbd.PAlive, bgcnbd.Expectation)),
  auto_unbox = TRUE, digits = 9), "\n")
