# Read a fitted model of kinephen (`kinephen fit`) and apply it to tables, with base R and jsonlite.
#
#   source("kinephen_model.R")
#   model <- kinephen_read_model("model.json")
#   kinephen_predict(model, delta = d, covariates = data.frame(age = 48, hr = 1, her2 = 0, ftv2 = 7.4))
#
# `delta` has one row a patient and the delta features in columns (data/delta_features.csv of a run); or give
# `t1` and `t2`, features at the two visits. For research only, not a medical device. The checksum of the file
# is not checked here; `kinephen predict` does that.

KINEPHEN_SCHEMA <- 1L

kinephen_read_model <- function(path) {
  if (!file.exists(path)) stop("no such file: ", basename(path))
  if (file.info(path)$size > 50e6) stop("too large for a model file")
  model <- jsonlite::read_json(path, simplifyVector = FALSE)
  if (!identical(model$kind, "kinephen.model")) stop("this is not a fitted model of kinephen")
  if (!is.numeric(model$schema) || length(model$schema) != 1) stop("the schema version is not a number")
  if (model$schema != KINEPHEN_SCHEMA) {
    stop("written with schema ", model$schema, "; this function reads schema ", KINEPHEN_SCHEMA)
  }
  model
}

.kinephen_numbers <- function(values) vapply(values, as.numeric, numeric(1))

.kinephen_columns <- function(table, names, what) {
  # read.csv turns "Axis-0" into "Axis.0" unless it is told not to.
  found <- match(names, colnames(table))
  found <- ifelse(is.na(found), match(make.names(names), colnames(table)), found)
  absent <- names[is.na(found)]
  if (length(absent)) {
    stop(what, ": ", length(absent), " feature(s) of the model are missing, the first is ", absent[1])
  }
  values <- as.matrix(table[, found, drop = FALSE])
  colnames(values) <- names
  values
}

# Delta features from features at two visits, as the model defines them.
kinephen_delta <- function(model, t1, t2) {
  names <- vapply(model$phenotypes$features, function(f) f$name, "")
  a <- .kinephen_columns(t1, names, "t1")
  b <- .kinephen_columns(t2, names, "t2")
  if (nrow(a) != nrow(b)) stop("t1 and t2 have different numbers of patients")
  sign <- .kinephen_numbers(model$features$signs[names])
  sign[sign == 0] <- 1
  form <- model$features$form
  ratio <- function(top, size) ifelse(size > 0, top / size, NA_real_)
  change <- switch(form,
    literal = ratio((b - a) * sign(a), abs(a)),
    signed = ratio(b - a, abs(a)),
    symmetric = ratio(2 * (b - a), abs(a) + abs(b)),
    log_ratio = suppressWarnings(ifelse(a > 0 & b > 0, log(b / a), NA_real_)),
    difference = sweep(b - a, 2, .kinephen_numbers(model$features$scale[names]), "/"),
    stop("unknown form of change: ", form)
  )
  if (form != "literal") change <- sweep(change, 2, sign, "*")
  dimnames(change) <- list(rownames(a), names)
  change
}

# Component scores, distances to the centroids, and the nearest phenotype.
kinephen_phenotypes <- function(model, delta) {
  learned <- model$phenotypes
  names <- vapply(learned$features, function(f) f$name, "")
  pick <- function(key) vapply(learned$features, function(f) as.numeric(f[[key]]), numeric(1))
  values <- .kinephen_columns(delta, names, "delta")
  z <- sweep(sweep(values, 2, pick("mean")), 2, pick("sd"), "/")
  colnames(z) <- names
  scores <- do.call(cbind, lapply(learned$components, function(group) {
    own <- z[, unlist(group$features), drop = FALSE]
    loadings <- do.call(rbind, lapply(group$loadings, .kinephen_numbers))
    sweep(own, 2, .kinephen_numbers(group$centre)) %*% loadings
  }))
  solution <- learned$solutions[[as.character(learned$k)]]
  centroids <- do.call(rbind, lapply(solution$centroids, .kinephen_numbers))
  distance <- matrix(0, nrow(scores), nrow(centroids))
  for (i in seq_len(nrow(centroids))) distance[, i] <- sqrt(rowSums(sweep(scores, 2, centroids[i, ])^2))
  known <- !is.na(rowSums(distance))
  ranked <- t(apply(distance, 1, sort, na.last = TRUE))
  if (ncol(distance) == 1) ranked <- distance
  result <- data.frame(phenotype = ifelse(known, max.col(-replace(distance, is.na(distance), Inf), "first"), NA))
  for (i in seq_len(ncol(distance))) result[[paste0("distance_", i)]] <- distance[, i]
  result$margin <- if (ncol(distance) > 1) ranked[, 2] - ranked[, 1] else NA_real_
  result$features_outside <- rowSums(sweep(z, 2, pick("low"), "<") | sweep(z, 2, pick("high"), ">"), na.rm = TRUE)
  radius <- .kinephen_numbers(solution$radius)
  result$out_of_range <- known & ranked[, 1] > radius[replace(result$phenotype, !known, 1)] * (1 + 1e-9)
  result
}

# Risk by each horizon (years) with 95 % limits by the log(-log) transformation, from one Cox model; NA where a covariate is missing or training
# was not followed so long.
kinephen_risk <- function(model, cox, covariates, horizons) {
  names <- vapply(model$cox, function(m) m$name, "")
  if (!cox %in% names) stop("the model file holds no Cox model ", cox, "; one of ", paste(names, collapse = ", "))
  fit <- model$cox[[match(cox, names)]]
  x <- do.call(cbind, lapply(fit$terms, function(term) {
    value <- covariates[[term$column]]
    if (is.null(value)) return(rep(NA_real_, nrow(covariates)))
    if (is.null(term$level)) as.numeric(value) else as.numeric(as.character(value) == term$level)
  }))
  coef <- .kinephen_numbers(fit$coef)
  vcov <- do.call(rbind, lapply(fit$vcov, .kinephen_numbers))
  away <- sweep(x, 2, .kinephen_numbers(fit$means))
  relative <- exp(as.vector(away %*% coef))
  time <- .kinephen_numbers(fit$time)
  cumulative <- c(0, .kinephen_numbers(fit$cumulative))
  variance <- c(0, .kinephen_numbers(fit$variance))
  pull <- rbind(0, do.call(rbind, lapply(fit$pull, .kinephen_numbers)))
  result <- data.frame(linear_predictor = as.vector(away %*% coef))
  for (h in horizons) {
    at <- findInterval(h, time) + 1
    lever <- sweep(away * cumulative[at], 2, pull[at, ])
    se <- relative * sqrt(variance[at] + rowSums((lever %*% vcov) * lever))
    hazard <- relative * cumulative[at]
    known <- if (h > fit$last_time) NA_real_ else 1
    spread <- exp(qnorm(0.975) * se / hazard)
    limited <- ifelse(is.finite(hazard) & hazard > 0, known, NA_real_)
    result[[sprintf("risk_%gy", h)]] <- known * (1 - exp(-hazard))
    result[[sprintf("risk_%gy_low", h)]] <- limited * (1 - exp(-hazard / spread))
    result[[sprintf("risk_%gy_high", h)]] <- limited * (1 - exp(-hazard * spread))
  }
  result
}

# Phenotype, and risk from the model with most covariates of those that are known for each patient.
kinephen_predict <- function(model, delta = NULL, t1 = NULL, t2 = NULL, covariates = NULL, horizons = NULL,
                             cox = NULL) {
  if (is.null(delta)) delta <- kinephen_delta(model, t1, t2)
  found <- kinephen_phenotypes(model, delta)
  n <- nrow(found)
  if (is.null(covariates)) covariates <- data.frame(row.names = seq_len(n))
  if (nrow(covariates) != n) stop(nrow(covariates), " rows of covariates for ", n, " patients")
  covariates$phenotype <- as.character(found$phenotype)
  if (is.null(horizons)) horizons <- .kinephen_numbers(model$horizons)
  size <- vapply(model$cox, function(m) length(unique(vapply(m$terms, function(t) t$column, ""))), 1L)
  names <- vapply(model$cox, function(m) m$name, "")
  order <- if (is.null(cox)) names[order(-size, seq_along(size))] else cox
  found$model <- NA_character_
  risks <- NULL
  for (name in order) {
    one <- kinephen_risk(model, name, covariates, horizons)
    if (is.null(risks)) risks <- replace(one, TRUE, NA_real_)
    use <- is.na(found$model) & is.finite(one$linear_predictor)
    found$model[use] <- name
    risks[use, ] <- one[use, ]
  }
  cbind(found, risks)
}
