# Reliability of the five bfi scales by R's psych: made with R 4.2.2 and psych 2.2.9 (Debian 12).
# Rscript psych_reliability.R FOLDER_WITH_psychtools_bfi.csv > psych_reliability.csv
suppressMessages(library(psych))
folder <- commandArgs(TRUE)[1]
bfi <- read.csv(file.path(folder, "psychtools_bfi.csv"))
keys <- list(A = c(-1, 1, 1, 1, 1), C = c(1, 1, 1, -1, -1), E = c(-1, -1, 1, 1, 1),
             N = c(1, 1, 1, 1, 1), O = c(1, -1, 1, 1, -1))
cat("scale,item,statistic,value\n")
put <- function(scale, item, statistic, value)
  cat(sprintf("%s,%s,%s,%.10f\n", scale, item, statistic, value), sep = "")
for (scale in names(keys)) {
  items <- paste0(scale, 1:5)
  x <- bfi[, items]
  x[, keys[[scale]] < 0] <- 7 - x[, keys[[scale]] < 0]
  a <- suppressMessages(suppressWarnings(psych::alpha(x)))
  put(scale, "", "alpha", a$total$raw_alpha)
  put(scale, "", "alpha_standardized", a$total$std.alpha)
  ci <- psych::alpha.ci(a$total$raw_alpha, n.obs = nrow(x), n.var = 5)
  put(scale, "", "feldt_lower_n2800", ci$lower.ci)
  put(scale, "", "feldt_upper_n2800", ci$upper.ci)
  o <- suppressMessages(suppressWarnings(psych::omega(x, nfactors = 1, plot = FALSE)))
  put(scale, "", "omega", o$omega.tot)
  complete <- x[complete.cases(x), ]
  b <- suppressMessages(suppressWarnings(psych::alpha(complete)))
  put(scale, "", "alpha_listwise", b$total$raw_alpha)
  for (i in items) {
    put(scale, i, "alpha_if_dropped", a$alpha.drop[i, "raw_alpha"])
    put(scale, i, "item_rest_listwise", cor(complete[, i], rowSums(complete[, setdiff(items, i)])))
    put(scale, i, "n_obs", a$item.stats[i, "n"])
    put(scale, i, "mean", a$item.stats[i, "mean"])
    put(scale, i, "sd", a$item.stats[i, "sd"])
  }
}
