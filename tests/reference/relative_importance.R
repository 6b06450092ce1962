# Relative importance on R's own data sets, by R's lm over every ordering and by eigen: made with R 4.2.2.
# Rscript relative_importance.R > relative_importance.json
orders <- function(v) if (length(v) <= 1) list(v) else
  do.call(c, lapply(seq_along(v), function(i) lapply(orders(v[-i]), function(o) c(v[i], o))))
r2 <- function(y, xs, d) if (!length(xs)) 0 else summary(lm(reformulate(xs, y), d))$r.squared
lmg <- function(y, xs, d) {
  gain <- setNames(numeric(length(xs)), xs)
  all <- orders(xs)
  for (o in all) for (i in seq_along(o)) gain[o[i]] <- gain[o[i]] + r2(y, o[1:i], d) - r2(y, o[seq_len(i - 1)], d)
  gain / length(all)
}
johnson <- function(y, xs, d) {
  e <- eigen(cor(d[xs]))
  root <- e$vectors %*% diag(sqrt(e$values)) %*% t(e$vectors)
  beta <- solve(root, cor(d[xs], d[[y]]))
  drop(root^2 %*% beta^2)
}
vif <- function(xs, d) sapply(xs, function(x) 1 / (1 - r2(x, setdiff(xs, x), d)))
say <- function(v) paste0("[", paste(sprintf("%.10f", v), collapse = ", "), "]")
one <- function(name, y, d) {
  xs <- setdiff(names(d), y)
  beta <- coef(lm(reformulate(xs, y), as.data.frame(scale(d))))[-1]
  cat(sprintf('  "%s": {"names": ["%s"], "cor": [%s],\n    "lmg": %s,\n    "johnson": %s,\n    "vif": %s,\n    "beta": %s}',
    name, paste(c(xs, y), collapse = '", "'),
    paste(apply(cor(d[c(xs, y)]), 1, say), collapse = ", "),
    say(lmg(y, xs, d)), say(johnson(y, xs, d)), say(vif(xs, d)), say(beta)))
}
cat("{\n"); one("swiss", "Fertility", swiss); cat(",\n"); one("attitude", "rating", attitude); cat("\n}\n")
