# Multidimensional scaling of a made-up set of dissimilarities by R: made with R 4.2.2 and MASS 7.3 (Debian 12).
# Rscript values_mds.R > values_mds.csv
# classical: cmdscale. ordinal: MASS::isoMDS. interval and ratio: stress-1 minimised by a general optimiser
# (BFGS over the coordinates, least squares inside for the disparities), the best of 8 starts.
suppressMessages(library(MASS))
n <- 9
angle <- 2 * pi * (0:(n - 1)) / n
p <- cbind(cos(angle) * 1.2, sin(angle))
d <- as.matrix(dist(p))
for (i in 1:n) for (j in 1:n) if (i != j) d[i, j] <- d[i, j] + 0.6 * abs(sin(7 * min(i, j) * max(i, j)))
cat("kind,what,i,j,value\n")
put <- function(kind, what, i, j, value) cat(sprintf("%s,%s,%d,%d,%.10f\n", kind, what, i, j, value), sep = "")
for (i in 1:n) for (j in 1:n) put("input", "dissimilarity", i, j, d[i, j])
points <- function(kind, x) { x <- as.matrix(dist(x)); for (i in 1:n) for (j in 1:n) put(kind, "distance", i, j, x[i, j]) }
points("classical", cmdscale(d, k = 2))
best <- NULL
set.seed(1)
for (s in 1:8) {
  start <- if (s == 1) cmdscale(d, k = 2) else matrix(rnorm(2 * n), n)
  fit <- isoMDS(as.dist(d), y = start, k = 2, maxit = 1000, trace = FALSE, tol = 1e-10)
  if (is.null(best) || fit$stress < best$stress) best <- fit
}
put("ordinal", "stress", 0L, 0L, best$stress / 100)
points("ordinal", best$points)
lower <- as.vector(as.dist(d))
stress1 <- function(x, kind) {
  e <- as.vector(dist(matrix(x, n)))
  hat <- if (kind == "interval") mean(e) + cov(e, lower) / var(lower) * (lower - mean(lower)) else
    lower * sum(e * lower) / sum(lower^2)
  sqrt(sum((hat - e)^2) / sum(e^2))
}
for (kind in c("interval", "ratio")) {
  best <- NULL
  for (s in 1:8) {
    start <- if (s == 1) cmdscale(d, k = 2) else matrix(rnorm(2 * n), n)
    fit <- optim(as.vector(start), stress1, kind = kind, method = "BFGS", control = list(maxit = 500, reltol = 1e-13))
    if (is.null(best) || fit$value < best$value) best <- fit
  }
  put(kind, "stress", 0L, 0L, best$value)
  x <- matrix(best$par, n); points(kind, x / sqrt(mean(dist(x)^2)))
}
