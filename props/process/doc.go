// Package process holds programs in any language to the laws of package props:
// a program that reads questions on standard input and writes answers on
// standard output becomes a [reference.Kernels], a [reference.Sampler] or a
// [sequence.Verifier].
//
// # Protocol
//
// Every message is one line of JSON. The program speaks first, once: who it is
// and what it provides, the names those of the fields of [reference.Kernels].
//
//	{"protocol": "temper/1", "name": "NumPy 1.24.2", "operations": ["LogProbs", "Draw"]}
//
// The protocol is temper/1, temper/2 or temper/3. The second version adds samplers, the
// third verifiers (see below), and they change nothing else, so that programs of an
// earlier version are asked as before.
//
// The name is one line of up to 200 bytes. A greeting also says what the program
// leaves out, if it leaves out anything; the report shows it, and what is left out
// is not asked.
//
//	"without": ["T = 0", "T = Infinity"]  temperatures that are not provided
//	"smallestVocab": 2                    no rows of fewer logits, up to 1048576
//	"greedyBelow": 1e-5                   lower temperatures are taken for 0
//
// Then it gets one question at a time, and answers it with the same id, until its
// standard input ends. What it writes to standard error is shown if it fails.
//
//	{"id": 7, "operation": "LogProbs", "rows": 2, "temperature": "0.7", "logits": "AACAPwAAAEA…", "tokens": "AAAAAAAAAAA…"}
//	{"id": 7, "answer": "8j9R2…"}
//
// Arrays are base64 of their little-endian bytes, exact and cheap for a vocabulary
// of any size: in NumPy, np.frombuffer(b64decode(text), "<f4"). The temperature is
// decimal text, exact as a float64, with "Infinity", "-Infinity" and "NaN" as
// these functions read them: Python's float, JavaScript's Number, Java's
// Double.parseDouble, R's as.numeric and C's strtod.
//
// Unless the greeting leaves out T = Infinity, the first two questions to kernels are
// about two logits, or as many as smallestVocab asks for, at T = 1 and at T = Infinity.
// For a program that does not read infinity no law is tried, and the report says
// so.
//
//	operation  besides rows, temperature and logits (float32, row-major)  answer
//	LogSumExp                                                             float64, one a row
//	LogProbs   tokens: int64, one a row                                   float64, one a row
//	Anneal                                                                float32, one a logit
//	Sample     u: float64, one a row                                      int64, one a row
//	Draw       draws and seed, integers                                   int64, draws for each row, row by row
//
// The seed of a Draw is below 2⁵³ and stands for all randomness of that question:
// the same question with the same seed has the same answer. Every token asked for
// is a draw of its own: rows have independent draws, be they alike or not.
//
// # Samplers
//
// A sampler with cuts greets with operations of [reference.Sampler] and with its
// convention, the name of one of [reference.Conventions]:
//
//	{"protocol": "temper/2", "name": "mine", "operations": ["Sampler.Keep", "Sampler.Draw"], "convention": "llama.cpp"}
//
// A convention that has no name there is an object with the fields of
// [reference.Convention]. All but the order may be left out:
//
//	"convention": {"order": ["Temper", "TopK", "TopP"], "tiesAtK": true, "tiesAtP": false,
//	               "atMost": false, "originalMass": false, "greedyBelow": 1e-5}
//
// Without a convention, or with null, it is found out ([props.FindConvention]) before
// any law is tried, and the laws are those of what was found, or of any convention if
// nothing was. The greeting of a sampler leaves nothing else out. A program is kernels, a
// sampler or a verifier.
//
// Every row of a question has settings of its own, in four arrays instead of the one
// temperature: temperatures, topP and minP are float64, topK is int64. Infinity and NaN
// are numbers of these arrays.
//
//	{"id": 7, "operation": "Sampler.Keep", "rows": 2, "temperatures": "ZmZm…", "topK": "KAAA…", "topP": "zczM…", "minP": "AAAA…", "logits": "AACA…"}
//
//	operation         besides rows, settings and logits  answer
//	Sampler.Keep                                         one byte a logit, 0 where the token is cut
//	Sampler.LogProbs  tokens: int64, one a row           float64, one a row, −Inf where the token is cut
//	Sampler.Sample    u: float64, one a row              int64, one a row
//	Sampler.Draw      seed, an integer                   int64, one a row
//
// # Verifiers
//
// An accept rule of speculative decoding greets with operations of [sequence.Verifier] and
// with its rule:
//
//	{"protocol": "temper/3", "name": "mine", "operations": ["Verifier.Verify", "Verifier.Draw"], "rule": "rejection"}
//
// The rule is the name of one of package sequence that has no settings, "rejection",
// "one-hot", "sampler match" or "block verification", or an object:
//
//	"rule": {"name": "tree", "threshold": 1}
//	"rule": {"name": "typical acceptance", "epsilon": 0.3, "delta": 0.09}
//	"rule": {"lossy": true}  another rule that does not keep the target's distribution
//
// Without a rule, or with null, the program promises that completed tokens have the
// distribution of the target, and nothing about how many are accepted. The greeting of a
// verifier leaves nothing out.
//
// A question is about a batch of drafts over one vocabulary. The drafts stand one behind
// the other in every array:
//
//	{"id": 7, "operation": "Verifier.Verify", "rows": 2, "drafts": {"vocab": 3, "counts": "AgAA…",
//	 "tokens": "AAAA…", "parents": "////…", "random": "AQA=", "p": "mpmZ…", "q": "AAAA…"}, "u": "AAAA…", "seed": 0}
//
//	counts   int64, one a draft: n, how many tokens are drafted
//	tokens   int64, n a draft
//	parents  int64, one a token: the index in its draft of the token that it follows, −1 at
//	         the first position; in a chain −1, 0, 1, …, and only rules of trees have others
//	random   one byte a draft: 0 if it was made without randomness
//	p        float64, n + 1 rows a draft
//	q        float64, n rows a draft, and none of a draft made without randomness
//	u        float64, n + 1 numbers a draft, for Verifier.Verify
//	seed     an integer, for Verifier.Draw, that stands for all randomness of the question
//
// The answer is int64: for each draft how many tokens come of it, and behind that the
// tokens. A draft with an error has 0 tokens there. Two drafts, the first of which gives
// tokens 5 and 1, and the second token 4, are answered by 2, 5, 1, 1, 4.
//
// Rows that do not fit the number of tokens never get to the program: package process
// refuses such drafts itself. Everything else that [sequence.Draft.Check] refuses does, and
// so do trees, whatever the rule. A bad draft is an error of its row, and the others are
// answered.
//
// # Errors
//
// Rows that have no answer are named, and their places in the answer are not
// looked at. A question that is refused as a whole has an error and no answer. A
// sampler has to name the rows with bad settings and to answer the others. From
// LogSumExp, LogProbs and Anneal a row of NaN counts as a refusal too, so that a
// program need not look for bad rows; from Sample and Draw every token is an answer.
// From Sampler.LogProbs NaN is a refusal of bad logits, but not of bad settings.
//
//	{"id": 8, "answer": "AAAAAAAAAAA…", "errors": [{"row": 1, "reason": "ErrNaN: logit 3"}]}
//	{"id": 9, "error": "ErrTemperature: it is below 0"}
//
// Reasons are words. One that begins with the name of an error of package
// reference, up to a colon, or with ErrImpossibleDraft, is that error; the laws that every
// implementation must keep do not ask for it.
//
// # Failures
//
// A program that ends, answers out of turn or in the wrong length, writes what is
// not JSON, or does not answer in time has failed. That is neither a refusal nor a
// law that is broken: it is killed with everything it started, and the question
// panics with a [props.Failure], as does every later one at once. The suite stops
// there: the report tells the question, the input, how the program ended and what
// it wrote to standard error last, and the laws that are left are not tried. The
// program has to be repaired before the other laws can judge it.
//
// A question may take 100 seconds, and all questions about one input two minutes
// ([props.Deadline]). Some inputs, as those of Sample/Lengths, ask hundreds: a
// program should answer a short question well within a tenth of a second. When a
// greeting or an answer takes longer than five seconds, a line on standard error
// says what is waited for.
//
// A program must not outlive the process that started it. On Linux it is killed
// when that process ends without closing it, and what the program started is found
// by a variable in its environment, whatever group or session it made for itself.
// Elsewhere a child that left the process group is not found. A child that was not
// found and still holds the program's output is reported as running.
package process
