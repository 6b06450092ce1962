# Poisson regression with a dummy a product and a week, and the sandwich clustered by product: made with R 4.2.2,
# sandwich 3.0-2 (Debian 12). Rscript price_elasticity.R > price_elasticity.json ; the sales are drawn here, so
# that nothing else is needed. Some cells are empty: no price is known there.
suppressMessages(library(sandwich))
set.seed(8)
P <- 24; W <- 20
d <- expand.grid(week = 0:(W - 1), product = 0:(P - 1))
size <- exp(rnorm(P, 2, 1)); own <- rnorm(P, -1.8, .6); season <- rnorm(W, 0, .3)
d$list <- round(exp(rnorm(P, 1, .5))[d$product + 1] * exp(rnorm(nrow(d), 0, .05)), 2)
deal <- rbinom(nrow(d), 1, .25) * runif(nrow(d), .05, .4)
d$paid <- round(d$list * (1 - deal), 2)
mean <- size[d$product + 1] * exp(season[d$week + 1] + own[d$product + 1] * log(d$paid / d$list) - .8 * log(d$list))
d$units <- rnbinom(nrow(d), mu = mean, size = 8)
d <- d[!(d$units == 0 & runif(nrow(d)) < .6), ]
say <- function(v) paste0("[", paste(sprintf("%.12g", v), collapse = ", "), "]")
out <- function(name, covariates) {
  f <- reformulate(c("factor(product)", "factor(week)", covariates), "units")
  m <- glm(f, poisson, d, control = list(epsilon = 1e-14, maxit = 100))
  v <- vcovCL(m, cluster = d$product, type = "HC0", cadjust = TRUE)
  k <- tail(seq_along(coef(m)), length(covariates))
  cat(sprintf(',\n"%s": {"coefficients": %s, "covariance": %s}', name, say(coef(m)[k]), say(v[k, k])))
}
cat("{\n")
cat(paste(sprintf('"%s": %s', names(d), sapply(d, say)), collapse = ",\n"))
out("by_paid", "log(paid)")
out("by_discount", c("log(list)", "log(paid/list)"))
cat("\n}\n")
