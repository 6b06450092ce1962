# Raking, weighted means and alpha by R's survey: made with R 4.2.2 and survey 4.1-1 (Debian 12).
# Rscript survey_weights.R > survey_weights.json ; the answers are drawn here, so that nothing else is needed.
suppressMessages(library(survey))
set.seed(20)
n <- 300
region <- sample(c("north", "east", "south"), n, TRUE, c(.5, .3, .2))
age <- sample(c("young", "old"), n, TRUE, c(.35, .65))
level <- rnorm(n) + (age == "old") * .8 - (region == "north") * .5
items <- sapply(1:4, function(j) pmin(pmax(round(4 + level + rnorm(n)), 1), 7))
base <- round(runif(n, .5, 2), 3)
d <- data.frame(region, age, items, base, yes = as.numeric(items[, 1] >= 5))
names(d)[3:6] <- paste0("q", 1:4)
say <- function(v) paste0("[", paste(if (is.character(v)) paste0('"', v, '"') else sprintf("%.12g", v), collapse = ", "), "]")
margins <- list(data.frame(region = c("north", "east", "south"), Freq = c(.34, .33, .33) * n),
                data.frame(age = c("young", "old"), Freq = c(.5, .5) * n))
tight <- list(maxit = 500, epsilon = 1e-10, verbose = FALSE)
plain <- svydesign(ids = ~1, weights = ~1, data = transform(d, one = 1))
raked <- rake(plain, list(~region, ~age), margins, control = tight)
based <- svydesign(ids = ~1, weights = ~base, data = d)
raked_base <- rake(based, list(~region, ~age), margins, control = tight)
out <- function(design) { m <- svymean(~q1 + yes, design)
  sprintf('{"mean": %s, "se": %s}', say(as.numeric(coef(m))), say(as.numeric(SE(m)))) }
cat("{\n")
for (x in c("region", "age", "q1", "q2", "q3", "q4", "base", "yes")) cat(sprintf('"%s": %s,\n', x, say(d[[x]])))
cat(sprintf('"raked": %s,\n"raked_base": %s,\n', say(weights(raked)), say(weights(raked_base))))
cat(sprintf('"plain_mean": %s,\n"based_mean": %s,\n"raked_mean": %s,\n', out(plain), out(based), out(raked)))
cat(sprintf('"alpha_based": %.12g,\n"alpha_raked": %.12g\n}\n',
  as.numeric(svycralpha(~q1 + q2 + q3 + q4, based)), as.numeric(svycralpha(~q1 + q2 + q3 + q4, raked))))
