# Factor and structural models by R's lavaan: made with R 4.2.2 and lavaan 0.6-14 (Debian 12).
# Rscript lavaan_models.R FOLDER > lavaan_models.csv
suppressMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
HS <- read.csv(file.path(folder, "lavaan_HolzingerSwineford1939.csv"))
PD <- read.csv(file.path(folder, "lavaan_PoliticalDemocracy.csv"))
MO <- read.csv(file.path(folder, "seminr_mobi.csv"))
three <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
democracy <- "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8"
equal <- "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + a*y2 + b*y3 + c*y4
dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ ind60
dem65 ~ ind60 + dem60"
observed <- "dem60 =~ y1 + y2 + y3 + y4
dem60 ~ x1 + x2
y5 ~ dem60 + x3"
mobile <- "Image =~ IMAG1 + IMAG2 + IMAG3 + IMAG4 + IMAG5
Expectation =~ CUEX1 + CUEX2 + CUEX3
Quality =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7
Value =~ PERV1 + PERV2
Satisfaction =~ CUSA1 + CUSA2 + CUSA3
Loyalty =~ CUSL1 + CUSL2 + CUSL3"
cat("model,kind,lhs,op,rhs,value,se,std\n")
show <- function(name, fit) {
  m <- fitMeasures(fit, c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper",
                          "srmr", "logl", "npar", "baseline.chisq", "baseline.df", "aic", "bic"))
  for (i in names(m)) cat(sprintf("%s,fit,%s,,,%.10f,,\n", name, i, m[[i]]))
  p <- parameterEstimates(fit, standardized = TRUE)
  for (i in seq_len(nrow(p))) cat(sprintf("%s,estimate,%s,%s,%s,%.10f,%.10f,%.10f\n",
    name, p$lhs[i], p$op[i], p$rhs[i], p$est[i], p$se[i], p$std.all[i]))
}
show("holzinger", cfa(three, HS))
show("holzinger_std_lv", cfa(three, HS, std.lv = TRUE))
show("democracy", sem(democracy, PD))
show("democracy_equal", sem(equal, PD))
show("observed", sem(observed, PD, fixed.x = FALSE))
show("mobile", cfa(mobile, MO))
mi <- modindices(cfa(three, HS), sort. = TRUE)
for (i in 1:12) cat(sprintf("holzinger,mi,%s,%s,%s,%.10f,%.10f,\n", mi$lhs[i], mi$op[i], mi$rhs[i], mi$mi[i], mi$epc[i]))
