# CDNOW and the donors by BTYD, on the summaries that come with it: R 4.2.2, BTYD 2.4.3, BTYDplus 1.2.0.
# Rscript btyd.R > btyd.json
# Parameters as BTYD estimates them; expected and observed purchases in weeks 40-78 by purchases in weeks 1-39;
# repeat purchases of the whole cohort expected by the end of each of 78 weeks, and those made.
suppressMessages({library(BTYD); library(BTYDplus); library(jsonlite)})
pdf(NULL)
data(cdnowSummary)
cbs <- cdnowSummary$cbs
weeks <- 1:78
observed <- cumsum(cdnowSummary$cu.tracking - c(0, head(cdnowSummary$cu.tracking, -1)))
quiet <- function(what) { sink(tempfile()); on.exit(sink()); suppressWarnings(what) }
pareto <- quiet(pnbd.EstimateParameters(cbs, c(0.5, 1, 0.5, 1)))
bg <- quiet(bgnbd.EstimateParameters(cbs))
one <- function(params, loglik, by_frequency, cumulative)
  list(params = as.numeric(params), loglik = loglik, n = as.numeric(by_frequency["bin.size", ]),
       observed = as.numeric(by_frequency[1, ]), expected = as.numeric(by_frequency[2, ]),
       cumulative = cumulative)
mbg <- mbgnbd.EstimateParameters(as.data.frame(cbs))
money <- quiet(spend.EstimateParameters(cdnowSummary$m.x[cbs[, "x"] > 0], cbs[cbs[, "x"] > 0, "x"]))
data(donationsSummary)
donors <- donationsSummary$rf.matrix
bgbb <- quiet(bgbb.EstimateParameters(donors))
some <- list(x = c(0, 2, 6), t.x = c(0, 4, 6))
found <- list(
  version = as.character(packageVersion("BTYD")),
  observed_cumulative = as.numeric(observed), total_later = sum(cbs[, "x.star"]),
  `pareto-nbd` = one(
    pareto, pnbd.cbs.LL(pareto, cbs),
    quiet(pnbd.PlotFreqVsConditionalExpectedFrequency(pareto, 39, cbs, cbs[, "x.star"], 7)),
    pnbd.ExpectedCumulativeTransactions(pareto, cbs[, "T.cal"], 78, 78)),
  `bg-nbd` = one(
    bg, bgnbd.cbs.LL(bg, cbs),
    quiet(bgnbd.PlotFreqVsConditionalExpectedFrequency(bg, 39, cbs, cbs[, "x.star"], 7)),
    bgnbd.ExpectedCumulativeTransactions(bg, cbs[, "T.cal"], 78, 78)),
  `mbg-nbd` = list(params = as.numeric(mbg[-1]), loglik = mbgcnbd.cbs.LL(mbg, cbind(as.data.frame(cbs), litt = 0))),
  `gamma-gamma` = list(params = as.numeric(money)),
  `bg-bb` = list(params = as.numeric(bgbb), loglik = bgbb.rf.matrix.LL(bgbb, donors), x = some$x, t_x = some$t.x,
                 alive_at_6 = bgbb.PAlive(bgbb, some$x, some$t.x, 6),
                 expected_5 = bgbb.ConditionalExpectedTransactions(bgbb, 6, 5, some$x, some$t.x)))
cat(toJSON(found, auto_unbox = TRUE, digits = 9, pretty = TRUE), "\n")
