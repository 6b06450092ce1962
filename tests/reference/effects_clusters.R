# Cluster-robust errors after clubSandwich (CR2, Satterthwaite): Rscript effects_clusters.R > effects_clusters.csv
library(clubSandwich)
units <- read.csv("effects_units.csv")
pair <- units[units$folder %in% c("price", "care"), ]
pair$care <- as.numeric(pair$folder == "care")
row <- function(what, formula, cluster) {
  fit <- lm(formula, data = pair)
  test <- coef_test(fit, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
  bounds <- conf_int(fit, vcov = "CR2", cluster = cluster, test = "Satterthwaite")
  i <- 2
  data.frame(what = what, effect = test$beta[i], se = test$SE[i], df = test$df_Satt[i], pvalue = test$p_Satt[i],
             lower = bounds$CI_L[i], upper = bounds$CI_U[i])
}
theta <- coef(lm(revenue ~ before, data = pair))[2]
pair$adjusted <- pair$revenue - theta * (pair$before - mean(pair$before))
all <- rbind(
  row("nested", revenue ~ care, pair$shop),          # shops lie within arms
  row("crossed", revenue ~ care, pair$visits_before), # these do not
  row("adjusted", adjusted ~ care, pair$shop))
all[-1] <- lapply(all[-1], function(x) sprintf("%.12g", x))
write.csv(all, quote = FALSE, row.names = FALSE)
