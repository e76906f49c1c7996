# consensus_worker.R points.csv out.txt RESAMPLES K_MAX
# ConsensusClusterPlus as a user would call it, without plots; writes CPU seconds and the PAC at each k.
suppressMessages(library(ConsensusClusterPlus))
a <- commandArgs(trailingOnly = TRUE)
x <- t(as.matrix(read.csv(a[1])))
colnames(x) <- seq_len(ncol(x))
grDevices::pdf(NULL)
start <- proc.time()
found <- ConsensusClusterPlus(x, maxK = as.integer(a[4]), reps = as.integer(a[3]), pItem = 0.8,
  clusterAlg = "hc", distance = "euclidean", innerLinkage = "ward.D2", finalLinkage = "average", seed = 1)
spent <- proc.time() - start
pac <- sapply(2:as.integer(a[4]), function(k) {
  v <- found[[k]]$consensusMatrix
  v <- v[lower.tri(v)]
  mean(v <= 0.9) - mean(v <= 0.1)
})
writeLines(sprintf("%.17g", c(spent[["user.self"]] + spent[["sys.self"]], pac)), a[2])
