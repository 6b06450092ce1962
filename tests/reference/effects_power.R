# Sizes of experiments after R's own stats package: Rscript effects_power.R > effects_power.csv
means <- expand.grid(effect = c(0.05, 0.2, 0.5, 1.5), sd = c(1, 2.5), alpha = c(0.05, 0.01), power = c(0.8, 0.95))
of_means <- apply(means, 1, function(r) power.t.test(
  delta = r["effect"], sd = r["sd"], sig.level = r["alpha"], power = r["power"],
  strict = TRUE, tol = 1e-12)$n)
shares <- expand.grid(effect = c(-0.02, 0.01, 0.05, 0.25), baseline = c(0.03, 0.2, 0.5), alpha = c(0.05, 0.01), power = c(0.8, 0.9))
shares <- shares[shares$baseline + shares$effect > 0, ]
of_shares <- apply(shares, 1, function(r) power.prop.test(
  p1 = r["baseline"], p2 = r["baseline"] + r["effect"], sig.level = r["alpha"], power = r["power"],
  tol = 1e-12)$n)
all <- rbind(
  data.frame(what = "means", effect = means$effect, sd = means$sd, baseline = NA, alpha = means$alpha, power = means$power, n = of_means),
  data.frame(what = "shares", effect = shares$effect, sd = NA, baseline = shares$baseline, alpha = shares$alpha, power = shares$power, n = of_shares))
all$n <- sprintf("%.8f", all$n)
write.csv(all, quote = FALSE, row.names = FALSE)
