# Missing answers, groups, robust errors, ordered items and effects by R's lavaan: made with R 4.2.2 and lavaan
# 0.6-14 (Debian 12). Rscript lavaan_survey.R FOLDER > lavaan_survey.csv
suppressMessages(library(lavaan))
folder <- commandArgs(TRUE)[1]
HS <- read.csv(file.path(folder, "lavaan_HolzingerSwineford1939.csv"))
PD <- read.csv(file.path(folder, "lavaan_PoliticalDemocracy.csv"))
BFI <- read.csv(file.path(folder, "psychtools_bfi.csv"))
SDO <- read.csv(file.path(folder, "mpsychor_SDOwave.csv"))
GSS <- subset(read.csv(file.path(folder, "gss_panel06_trust.csv.gz")), wave == 1)
three <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9"
five <- "A =~ A1 + A2 + A3 + A4 + A5
C =~ C1 + C2 + C3 + C4 + C5
E =~ E1 + E2 + E3 + E4 + E5
N =~ N1 + N2 + N3 + N4 + N5
O =~ O1 + O2 + O3 + O4 + O5"
two <- "A =~ A1 + A2 + A3 + A4 + A5
C =~ C1 + C2 + C3 + C4 + C5
C1 ~~ C2"
regressed <- "N =~ N1 + N2 + N3 + N4 + N5
N ~ age + education"
second <- "visual =~ x1 + x2 + x3
textual =~ x4 + x5 + x6
speed =~ x7 + x8 + x9
ability =~ visual + textual + speed"
confidence <- "conf =~ confinan + conbus + conclerg + coneduc + confed + conlabor + conpress + conmedic + contv + conjudge + consci + conlegis + conarmy"
effects <- "ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ a*ind60
dem65 ~ c*ind60 + b*dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
indirect := a * b
total := c + indirect
ratio := log(total^2) / sqrt(b)"
sdo_configural <- "s1 =~ I1.1996 + I2.1996 + I3.1996 + I4.1996
s2 =~ I1.1997 + I2.1997 + I3.1997 + I4.1997
s3 =~ I1.1998 + I2.1998 + I3.1998 + I4.1998
s4 =~ I1.1999 + I2.1999 + I3.1999 + I4.1999
s5 =~ I1.2000 + I2.2000 + I3.2000 + I4.2000
I1.1996 ~~ I1.1997 + I1.1998 + I1.1999 + I1.2000
I1.1997 ~~ I1.1998 + I1.1999 + I1.2000
I1.1998 ~~ I1.1999 + I1.2000
I1.1999 ~~ I1.2000
I2.1996 ~~ I2.1997 + I2.1998 + I2.1999 + I2.2000
I2.1997 ~~ I2.1998 + I2.1999 + I2.2000
I2.1998 ~~ I2.1999 + I2.2000
I2.1999 ~~ I2.2000
I3.1996 ~~ I3.1997 + I3.1998 + I3.1999 + I3.2000
I3.1997 ~~ I3.1998 + I3.1999 + I3.2000
I3.1998 ~~ I3.1999 + I3.2000
I3.1999 ~~ I3.2000
I4.1996 ~~ I4.1997 + I4.1998 + I4.1999 + I4.2000
I4.1997 ~~ I4.1998 + I4.1999 + I4.2000
I4.1998 ~~ I4.1999 + I4.2000
I4.1999 ~~ I4.2000"
sdo_metric <- "s1 =~ I1.1996 + l2*I2.1996 + l3*I3.1996 + l4*I4.1996
s2 =~ I1.1997 + l2*I2.1997 + l3*I3.1997 + l4*I4.1997
s3 =~ I1.1998 + l2*I2.1998 + l3*I3.1998 + l4*I4.1998
s4 =~ I1.1999 + l2*I2.1999 + l3*I3.1999 + l4*I4.1999
s5 =~ I1.2000 + l2*I2.2000 + l3*I3.2000 + l4*I4.2000
I1.1996 ~~ I1.1997 + I1.1998 + I1.1999 + I1.2000
I1.1997 ~~ I1.1998 + I1.1999 + I1.2000
I1.1998 ~~ I1.1999 + I1.2000
I1.1999 ~~ I1.2000
I2.1996 ~~ I2.1997 + I2.1998 + I2.1999 + I2.2000
I2.1997 ~~ I2.1998 + I2.1999 + I2.2000
I2.1998 ~~ I2.1999 + I2.2000
I2.1999 ~~ I2.2000
I3.1996 ~~ I3.1997 + I3.1998 + I3.1999 + I3.2000
I3.1997 ~~ I3.1998 + I3.1999 + I3.2000
I3.1998 ~~ I3.1999 + I3.2000
I3.1999 ~~ I3.2000
I4.1996 ~~ I4.1997 + I4.1998 + I4.1999 + I4.2000
I4.1997 ~~ I4.1998 + I4.1999 + I4.2000
I4.1998 ~~ I4.1999 + I4.2000
I4.1999 ~~ I4.2000"
sdo_scalar <- "s1 =~ I1.1996 + l2*I2.1996 + l3*I3.1996 + l4*I4.1996
s2 =~ I1.1997 + l2*I2.1997 + l3*I3.1997 + l4*I4.1997
s3 =~ I1.1998 + l2*I2.1998 + l3*I3.1998 + l4*I4.1998
s4 =~ I1.1999 + l2*I2.1999 + l3*I3.1999 + l4*I4.1999
s5 =~ I1.2000 + l2*I2.2000 + l3*I3.2000 + l4*I4.2000
I1.1996 ~~ I1.1997 + I1.1998 + I1.1999 + I1.2000
I1.1997 ~~ I1.1998 + I1.1999 + I1.2000
I1.1998 ~~ I1.1999 + I1.2000
I1.1999 ~~ I1.2000
I2.1996 ~~ I2.1997 + I2.1998 + I2.1999 + I2.2000
I2.1997 ~~ I2.1998 + I2.1999 + I2.2000
I2.1998 ~~ I2.1999 + I2.2000
I2.1999 ~~ I2.2000
I3.1996 ~~ I3.1997 + I3.1998 + I3.1999 + I3.2000
I3.1997 ~~ I3.1998 + I3.1999 + I3.2000
I3.1998 ~~ I3.1999 + I3.2000
I3.1999 ~~ I3.2000
I4.1996 ~~ I4.1997 + I4.1998 + I4.1999 + I4.2000
I4.1997 ~~ I4.1998 + I4.1999 + I4.2000
I4.1998 ~~ I4.1999 + I4.2000
I4.1999 ~~ I4.2000
I1.1996 ~ t1*1
I1.1997 ~ t1*1
I1.1998 ~ t1*1
I1.1999 ~ t1*1
I1.2000 ~ t1*1
I2.1996 ~ t2*1
I2.1997 ~ t2*1
I2.1998 ~ t2*1
I2.1999 ~ t2*1
I2.2000 ~ t2*1
I3.1996 ~ t3*1
I3.1997 ~ t3*1
I3.1998 ~ t3*1
I3.1999 ~ t3*1
I3.2000 ~ t3*1
I4.1996 ~ t4*1
I4.1997 ~ t4*1
I4.1998 ~ t4*1
I4.1999 ~ t4*1
I4.2000 ~ t4*1
s2 ~ 1
s3 ~ 1
s4 ~ 1
s5 ~ 1"
cat("model,kind,lhs,op,rhs,group,value,se,std,std_se\n")
show <- function(name, fit, estimates = TRUE) {
  m <- fitMeasures(fit)
  keep <- c("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr", "logl",
            "npar", "baseline.chisq", "baseline.df", "aic", "bic", "chisq.scaled", "pvalue.scaled",
            "chisq.scaling.factor", "cfi.scaled", "tli.scaled", "rmsea.scaled", "rmsea.ci.lower.scaled",
            "rmsea.ci.upper.scaled", if (lavInspect(fit, "options")$missing == "listwise" &&
            !lavInspect(fit, "categorical")) c("cfi.robust", "tli.robust", "rmsea.robust"))
  for (i in intersect(keep, names(m))) cat(sprintf("%s,fit,%s,,,,%.10f,,,\n", name, i, m[[i]]))
  if (!estimates) return(invisible())
  p <- parameterEstimates(fit)
  s <- standardizedSolution(fit)
  if (is.null(p$group)) p$group <- 1
  for (i in seq_len(nrow(p))) cat(sprintf("%s,estimate,%s,%s,\"%s\",%d,%.10f,%.10f,%.10f,%.10f\n",
    name, p$lhs[i], p$op[i], p$rhs[i], p$group[i], p$est[i], p$se[i], s$est.std[i], s$se[i]))
}
indices <- function(name, fit, n = 12) {
  mi <- modindices(fit, sort. = TRUE, op = c("=~", "~~"))
  mi <- mi[mi$op %in% c("=~", "~~"), ]
  for (i in 1:n) cat(sprintf("%s,mi,%s,%s,%s,,%.10f,%.10f,,\n", name, mi$lhs[i], mi$op[i], mi$rhs[i], mi$mi[i], mi$epc[i]))
}
show("holzinger_mlr", cfa(three, HS, estimator = "MLR"))
show("holzinger_mlm", cfa(three, HS, estimator = "MLM"))
fit <- cfa(five, BFI, missing = "fiml")
show("bfi_fiml", fit)
indices("bfi_fiml", fit)
show("bfi_mlr", cfa(two, BFI, missing = "fiml", estimator = "MLR"))
show("bfi_regressed_fiml", sem(regressed, BFI, missing = "fiml", fixed.x = FALSE))
show("bfi_regressed_mlr", sem(regressed, BFI, missing = "fiml", fixed.x = FALSE, estimator = "MLR"))
show("holzinger_second", cfa(second, HS))
show("gss_fiml", cfa(confidence, GSS, missing = "fiml"))
fit <- cfa(five, BFI, estimator = "WLSMV", ordered = names(BFI)[1:25])
show("bfi_wlsmv", fit)
indices("bfi_wlsmv", fit)
show("two_wlsmv", cfa(two, BFI, estimator = "WLSMV", ordered = names(BFI)[1:10]))
show("gss_wlsmv", cfa(confidence, GSS, estimator = "WLSMV", ordered = all.vars(parse(text = sub(".*=~", "", confidence)))))
equal <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"),
              strict = c("loadings", "intercepts", "residuals"))
scores <- function(name, fit, op) {
  t <- lavTestScore(fit)$uni
  pt <- parTable(fit)
  for (i in seq_len(nrow(t))) {
    j <- which(pt$plabel == t$rhs[i])
    if (length(j) == 1 && pt$op[j] == op) cat(sprintf("%s,score,%s,%s,%s,%d,%.10f,,,\n", name, pt$lhs[j], pt$op[j], pt$rhs[j], pt$group[j], t$X2[i]))
  }
}
for (level in names(equal)) {
  show(paste0("school_", level), cfa(three, HS, group = "school", group.equal = equal[[level]]))
  show(paste0("school_mlr_", level), cfa(three, HS, group = "school", group.equal = equal[[level]], estimator = "MLR"), FALSE)
  show(paste0("school_std_", level), cfa(three, HS, group = "school", group.equal = equal[[level]], std.lv = TRUE), FALSE)
  show(paste0("gender_fiml_", level), cfa(two, BFI, group = "gender", group.equal = equal[[level]], missing = "fiml"), level == "scalar")
}
free <- c("x3 ~ 1", "x7 ~ 1")
show("school_partial", cfa(three, HS, group = "school", group.equal = equal$scalar, group.partial = free))
scores("school_metric", cfa(three, HS, group = "school", group.equal = equal$metric), "=~")
scores("school_scalar", cfa(three, HS, group = "school", group.equal = equal$scalar), "~1")
for (kind in c("mlr", "ml")) {
  fits <- lapply(equal[1:3], function(e) cfa(three, HS, group = "school", group.equal = e, estimator = toupper(kind)))
  test <- lavTestLRT(fits[[1]], fits[[2]], fits[[3]])
  for (i in 2:3) cat(sprintf("school_%s,difference,%s,,,,%.10f,,,\n", kind, names(equal)[i], test[i, "Chisq diff"]))
}
show("sdo_configural", cfa(sdo_configural, SDO))
show("sdo_metric", cfa(sdo_metric, SDO))
show("sdo_scalar", cfa(sdo_scalar, SDO))
show("effects", sem(effects, PD))
show("effects_mlr", sem(effects, PD, estimator = "MLR"))
ordered_in <- function(equal) cfa(two, BFI, group = "gender", group.equal = equal, estimator = "WLSMV", ordered = names(BFI)[1:10])
show("gender_wlsmv_configural", ordered_in(""))
show("gender_wlsmv_scalar", ordered_in(c("loadings", "thresholds")))
