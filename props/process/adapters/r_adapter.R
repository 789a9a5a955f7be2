# R's sample and matrixStats's logSumExp behind the protocol of temper, called as
# documented; what is wrong with their answers is left so. Softmax is this file's, from
# logSumExp. The temperature too: it divides in float64 and is refused below 0; there is
# no answer at 0 and infinity.
# Debian: apt-get install r-base-core r-cran-jsonlite r-cran-matrixstats
suppressMessages({
  library(jsonlite)
  library(matrixStats)
})

numbers <- function(text, what, size) {
  bytes <- base64_dec(text)
  readBin(bytes, what, length(bytes) / size, size, endian = "little")
}
doubles <- function(x) writeBin(as.double(x), raw(), 8, "little")
floats <- function(x) writeBin(as.double(x), raw(), 4, "little")
# R has no integers of 64 bits: a token is its low word, then 0.
tokens <- function(x) writeBin(as.integer(rbind(x, 0)), raw(), 4, "little")

softmax <- function(row) exp(row - logSumExp(row))
byRow <- function(x, f) unlist(lapply(seq_len(nrow(x)), function(r) f(x[r, ], r)))

operations <- list(
  LogSumExp = function(q, x) doubles(byRow(x, function(row, r) logSumExp(row))),
  LogProbs = function(q, x) {
    words <- numbers(q$tokens, "integer", 4)
    token <- words[c(TRUE, FALSE)]
    # R drops an index of 0, and gives NA beyond the end.
    if (any(words[c(FALSE, TRUE)] != 0) || any(token < 0 | token >= ncol(x))) stop("ErrToken: outside the vocabulary")
    doubles(byRow(x, function(row, r) row[token[r] + 1] - logSumExp(row)))
  },
  Anneal = function(q, x) floats(byRow(x, function(row, r) softmax(row))),
  Draw = function(q, x) {
    set.seed(q$seed %% .Machine$integer.max)
    tokens(byRow(x, function(row, r) sample(length(row), q$draws, replace = TRUE, prob = softmax(row))) - 1)
  })

answer <- function(q) {
  temperature <- as.numeric(q$temperature)
  if (is.nan(temperature) || temperature < 0) stop("ErrTemperature: below 0 or NaN")
  x <- matrix(numbers(q$logits, "numeric", 4), nrow = q$rows, byrow = TRUE) / temperature
  list(id = q$id, answer = gsub("\n", "", base64_enc(operations[[q$operation]](q, x))))
}

name <- sprintf("R %s, matrixStats %s", getRversion(), packageVersion("matrixStats"))
greeting <- list(protocol = "temper/1", name = name, operations = names(operations),
                 without = c("T = 0", "T = Infinity"))
say <- function(reply) {
  cat(toJSON(reply, auto_unbox = TRUE, digits = NA), "\n", sep = "")
  flush(stdout())
}
say(greeting)
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  q <- fromJSON(line)
  say(tryCatch(answer(q), error = function(e) list(id = q$id, error = conditionMessage(e))))
}
