# Kaplan-Meier, log-rank and Cox by R's survival: made with R 4.2.2 and survival 3.5-3 (Debian 12).
# Rscript survival.R > survival.json ; the rows are drawn here (simulated: nobody in them exists), so that
# nothing else is needed. Late entry, ties (whole days), weights, strata, covariates that change.
suppressMessages(library(survival))
set.seed(8)
n <- 240
x <- rbinom(n, 1, .45); z <- round(rnorm(n), 3); g <- sample(c("a", "b", "c"), n, TRUE); s <- sample(1:3, n, TRUE)
late <- rbinom(n, 1, .5) * sample(0:30, n, TRUE)
leaves <- ceiling(late + rexp(n, .03 * exp(.7 * x - .4 * z + .3 * (g == "b")) * (1 + s / 3)))
seen <- pmin(late + sample(10:50, n, TRUE), 60)
d <- data.frame(start = late, stop = pmin(leaves, seen), event = as.integer(leaves <= seen), x, z, g, s,
                w = sample(1:4, n, TRUE))
# a row a stretch: y rises once, at a moment of its own
id <- seq_len(n)
turn <- round(d$start + runif(n) * (d$stop - d$start))
long <- do.call(rbind, lapply(id, function(i) {
  r <- d[i, ]
  if (turn[i] <= r$start || turn[i] >= r$stop) return(cbind(r, id = i, y = 0))
  rbind(cbind(within(r, { stop <- turn[i]; event <- 0L }), id = i, y = 0),
        cbind(within(r, start <- turn[i]), id = i, y = 1))
}))
say <- function(v) paste0("[", paste(if (is.character(v)) paste0('"', v, '"') else
  ifelse(is.finite(v), sprintf("%.12g", v), "null"), collapse = ", "), "]")
object <- function(...) { v <- list(...)
  paste0("{", paste(sprintf('"%s": %s', names(v), sapply(v, function(e) if (inherits(e, "json")) e else say(e))), collapse = ",\n "), "}") }
json <- function(...) structure(object(...), class = "json")
columns <- function(f) structure(do.call(object, as.list(f)), class = "json")
km <- function(f) { t <- summary(f, rmean = 30)$table; keep <- f$n.event > 0
  json(time = f$time[keep], at_risk = f$n.risk[keep], events = f$n.event[keep], survival = f$surv[keep],
       lower = f$lower[keep], upper = f$upper[keep], median = as.numeric(t[c("median", "0.95LCL", "0.95UCL")]),
       restricted = as.numeric(t[c("rmean", "se(rmean)")])) }
cox <- function(f) { b <- basehaz(f, centered = FALSE)
  json(coef = coef(f), var = as.numeric(if (is.null(f$naive.var)) f$var else f$naive.var),
       robust = if (is.null(f$naive.var)) numeric(0) else as.numeric(f$var), loglik = f$loglik, score = f$score,
       last_hazard = as.numeric(tapply(b$hazard, if (is.null(b$strata)) rep(1, nrow(b)) else b$strata, max))) }
zph <- function(f, ...) { t <- cox.zph(f, ...)$table; json(chisq = t[, 1], df = t[, 2], p = t[, 3]) }
Y <- Surv(d$start, d$stop, d$event)
late_fit <- survfit(Y ~ 1, conf.type = "log-log")
weighted <- survfit(Y ~ 1, weights = d$w, conf.type = "log-log", robust = FALSE)
from0 <- survfit(Surv(stop - start, event) ~ 1, d, conf.type = "log-log")
test <- function(f) json(observed = if (is.matrix(f$obs)) rowSums(f$obs) else f$obs,
                         expected = if (is.matrix(f$exp)) rowSums(f$exp) else f$exp, chisq = f$chisq)
# survdiff knows no late entry: without ties the log-rank test is the score test of Cox's model
free <- transform(d, stop = stop + runif(n) / 10)
score <- function(formula) json(chisq = coxph(formula, free, ties = "breslow")$score)
efron <- coxph(Surv(start, stop, event) ~ x + z + y, long)
breslow <- coxph(Surv(start, stop, event) ~ x + z + y, long, ties = "breslow")
strata <- coxph(Surv(start, stop, event) ~ x + z + y + strata(s) + cluster(id), long)
heavy <- coxph(Surv(start, stop, event) ~ x + z + y + cluster(id), long, weights = w)
heavy_breslow <- coxph(Surv(start, stop, event) ~ x + z + y + cluster(id), long, weights = w, ties = "breslow")
groups <- coxph(Surv(start, stop, event) ~ x + factor(g), d)
cat(object(rows = columns(d), free_stop = free$stop, long = columns(long), km_late = km(late_fit), km_weighted = km(weighted),
  km_from_0 = km(from0), log_rank = test(survdiff(Surv(stop - start, event) ~ g, d)),
  log_rank_strata = test(survdiff(Surv(stop - start, event) ~ g + strata(s), d)),
  log_rank_late = score(Surv(start, stop, event) ~ g),
  log_rank_late_strata = score(Surv(start, stop, event) ~ g + strata(s)),
  efron = cox(efron), breslow = cox(breslow), strata = cox(strata), heavy = cox(heavy),
  heavy_breslow = cox(heavy_breslow), zph_km = zph(efron), zph_identity = zph(efron, transform = "identity"),
  zph_log = zph(efron, transform = "log"), zph_strata = zph(coxph(Surv(start, stop, event) ~ x + z + y + strata(s), long)),
  zph_breslow = zph(breslow), zph_terms = zph(groups),
  schoenfeld = as.numeric(colSums(residuals(efron, "schoenfeld")^2)),
  score_residuals = as.numeric(residuals(efron, "score")[1:20, ])), "\n", sep = "")
