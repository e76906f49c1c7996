# survival_worker.R cohort.csv folds.csv models.txt out.csv REPLICATES
# coxph, predict and concordance of R's survival, model by model and fold by fold, as a user would.
suppressMessages(library(survival))
a <- commandArgs(trailingOnly = TRUE)
d <- read.csv(a[1])
folds <- as.matrix(read.csv(a[2]))[seq_len(as.integer(a[5])), , drop = FALSE]
models <- readLines(a[3])
start <- proc.time()
out <- NULL
for (m in seq_along(models)) {
  f <- as.formula(paste("Surv(time, event) ~", models[m]))
  for (r in seq_len(nrow(folds))) for (k in 0:4) {
    te <- folds[r, ] == k
    fit <- suppressWarnings(coxph(f, d[!te, ]))
    l <- predict(fit, newdata = d[te, ], type = "lp")
    o <- concordance(Surv(time, event) ~ l, d[te, ], reverse = TRUE)
    out <- c(out, o$concordance)
  }
}
spent <- proc.time() - start
writeLines(sprintf("%.17g", c(spent[["elapsed"]], spent[["user.self"]] + spent[["sys.self"]], out)), a[4])
