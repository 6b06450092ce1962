# Polynomial regression and its response surface by R's lm, delta method by hand: made with R 4.2.2.
# Rscript values_surface.R > values_surface.csv
# The data are made by formula, so that any language can make them again. Within persons: person-mean-centred
# own and seen, a mean for each person, errors robust to dependence within persons (HC0 by cluster, G / (G - 1)).
n <- 240
i <- 1:n
own <- round(3 * sin(1.7 * i) + 0.8 * cos(0.31 * i * i), 4)
seen <- round(0.4 * own + 2.2 * cos(2.9 * i) + 0.7 * sin(0.17 * i * i), 4)
outcome <- round(5 + 0.3 * own + 0.5 * seen - 0.12 * own^2 + 0.2 * own * seen - 0.15 * seen^2 +
                   1.5 * sin(12.9898 * i * i) , 4)
person <- (i - 1) %/% 4
lines <- list(a1 = c(0, 1, 1, 0, 0, 0), a2 = c(0, 0, 0, 1, 1, 1), a3 = c(0, 1, -1, 0, 0, 0),
              a4 = c(0, 0, 0, 1, -1, 1), a5 = c(0, 0, 0, 1, 0, -1))
cat("model,name,estimate,se\n")
put <- function(model, b, v) {
  for (k in 0:5) cat(sprintf("%s,b%d,%.12f,%.12f\n", model, k, b[k + 1], sqrt(v[k + 1, k + 1])), sep = "")
  for (a in names(lines)) {
    w <- lines[[a]]
    cat(sprintf("%s,%s,%.12f,%.12f\n", model, a, sum(w * b), sqrt(drop(t(w) %*% v %*% w))), sep = "")
  }
}
fit <- lm(outcome ~ own + seen + I(own^2) + I(own * seen) + I(seen^2))
put("single", coef(fit), vcov(fit))
cat(sprintf("single,r_squared,%.12f,NA\n", summary(fit)$r.squared))
f <- linear <- anova(lm(outcome ~ I(own + seen) + I((own + seen)^2) + I(own^2 - seen^2)), fit)
cat(sprintf("single,misfit_pvalue,%.12g,NA\n", f[2, "Pr(>F)"]))
x <- own - ave(own, person); y <- seen - ave(seen, person)
within <- lm(outcome ~ x + y + I(x^2) + I(x * y) + I(y^2) + factor(person))
m <- model.matrix(within); e <- residuals(within)
g <- length(unique(person))
bread <- solve(crossprod(m))
scores <- rowsum(m * e, person)
v <- bread %*% crossprod(scores) %*% bread * g / (g - 1)
b <- coef(within)
for (k in 1:5) cat(sprintf("within,b%d,%.12f,%.12f\n", k, b[k + 1], sqrt(v[k + 1, k + 1])), sep = "")
b <- c(0, b[2:6]); v <- rbind(0, cbind(0, v[2:6, 2:6]))
for (a in names(lines)) {
  w <- lines[[a]]
  cat(sprintf("within,%s,%.12f,%.12f\n", a, sum(w * b), sqrt(drop(t(w) %*% v %*% w))), sep = "")
}
