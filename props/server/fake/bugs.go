package fake

import (
	"fmt"
	"slices"
	"strings"
)

// The planted bugs.
const (
	TemperatureIgnored = "temperature ignored"
	TemperatureTwice   = "temperature applied twice"
	TemperatureInverse = "logits multiplied by temperature"
	TemperatureMoved   = "temperature applied on the other side of the cuts"
	TemperatureFirst   = "temperature ignored for the first token"
	TemperatureLater   = "temperature ignored from the second token on"
	TopPIgnored        = "top_p ignored"
	TopPHalf           = "top_p squared"
	TopPShort          = "the token that crosses top_p is cut"
	TopKIgnored        = "top_k ignored"
	TopKMore           = "top_k keeps one token more"
	TopKArgmax         = "top_k takes the largest"
	MinPIgnored        = "min_p ignored"
	MinPDefault        = "min_p of 0 taken for a default of 0.2"
	OtherTemperature   = "log-probabilities of another temperature"
	ScaledTwice        = "log-probabilities divided by the temperature twice"
	Probability        = "a probability in the field of a log-probability"
	Logits             = "logits in the field of log-probabilities"
	Base2              = "log-probabilities in base 2"
	ChosenWrong        = "the chosen token has the log-probability of the first of the list"
	ListUnsorted       = "the list is in the order of tokens"
	ListDoubled        = "the first of the list comes twice"
	InfinityInJSON     = "-Infinity in the JSON"
	SeedGlobal         = "a seed is that of all later requests"
	SeedConstant       = "a request without a seed has seed 42"
	SeedIgnored        = "every seed is seed 7"
	SeedBits           = "one bit of a seed is used"
	SeedForgotten      = "a seed changes nothing"
	SeedMoved          = "a neighbour moves the draws of a seed"
	OneUniform         = "one uniform number for every step"
	EchoShifted        = "log-probabilities of the echo shifted by one"
	RowsSwapped        = "the rows of a batch are swapped"
	StopInText         = "the stop string is in the text"
	StopIgnored        = "stop strings ignored"
	GreedyDraws        = "T = 0 draws at T = 1"
	GreedySecond       = "T = 0 takes the second"
	OneTokenMore       = "one token more than max_tokens"
	ReasonWrong        = "finish_reason is always stop"
	CopiesEqual        = "all n completions are the same"
	SequenceAnnealed   = "sequences annealed, not steps"
	Uniform            = "draws are uniform over the first ten"
	DiesOfTemperature  = "T < 0 ends the engine"
	Base10             = "log-probabilities in base 10"
	ListStale          = "the list is that of the step before"
	ScaledBare         = "log-probabilities divided by the temperature and not normalised"
	TemperatureHot     = "T above 1 is 1"
	TemperatureWhole   = "the fraction of T is cut off"
	GreedyTenth        = "T = 0 is T = 0.1"
	SeedLattice        = "the first numbers of consecutive seeds form a lattice"
	SeedClock          = "a request without a seed has the clock's second for one"
	Antithetic         = "every second number is 1 less the one before"
	MinPAbsolute       = "min_p is a probability, not a share of the largest"
	MinPSmall          = "min_p of 0 taken for a default of 0.05"
	TopPStuck          = "top_p of 1 taken for a default of 0.9"
	TopKLess           = "top_k keeps one token less"
	PenaltyStuck       = "a penalty of repetition cannot be taken off"
	ReasonLength       = "finish_reason is always length"
	StopEats           = "the text before the stop string loses a token"
	StopAcross         = "stop strings of more than one token are missed"
	BatchTemperature   = "a batch has the temperature of its first request"
	CopiesGreedy       = "the second of n completions is greedy"
	TopPCold           = "top_p is ignored at T other than 1"
	CopiesSeeded       = "all n completions of a request with a seed are the same"
	BatchNumbers       = "requests without a seed that are served together share their numbers"
	PromptShifted      = "prompt_logprobs shifted by one"
	PromptOfDraw       = "prompt_logprobs has the most probable token's number for each"
	PostRaw            = "probabilities after sampling are those before"
	PostUncut          = "probabilities after sampling are those without the cuts"
	PostCold           = "probabilities after sampling are annealed twice"
	EchoCold           = "log-probabilities of the echo are those of T = 0.7"
	SingleGreedy       = "an answer of one token is greedy"
	StopFirst          = "only the first stop string counts"
	SeedSteps          = "the seed and the step added are the state of the generator"
	RequestSteps       = "the request's number and the step added are the state of the generator"
	CopiesLater        = "n completions share their numbers from the second step on"
	TwoNumbers         = "two numbers take turns in an answer"
	SeedCold           = "a request with a seed has half the temperature"
	TopKUnits          = "top_k is ignored at T other than 1"
	MinPUnits          = "min_p is ignored at T other than 1"
	TopKAlone          = "top_k is ignored where top_p is set"
	TopPAlone          = "top_p is ignored where top_k is set"
	GreedyFar          = "greedy from the 11th token on"
	GreedyLong         = "greedy from the 33rd token on"
	GreedyEvery        = "every eighth token is greedy"
	TemperatureFar     = "temperature ignored from the 17th token on"
	ZeroTopP           = "T = 0 draws where top_p is set"
	ZeroFar            = "T = 0 draws from the 41st token on"
	TopKFar            = "top_k is ignored from the ninth token on"
	TopPFar            = "top_p is ignored from the ninth token on"
	NumbersAgain       = "the numbers of an answer come again after 16"
	OneTokenFewer      = "one token fewer than max_tokens"
	OneTokenShort      = "one token fewer than max_tokens, if that is above 1"
	OneTokenHidden     = "one token more than max_tokens, which is not listed"
	Miscounted         = "the count of tokens is one less"
	CopiesPairs        = "n completions are pairs of the same"
	CopiesCross        = "every second of n completions is the same"
	CopiesBlind        = "all n completions are the same, and there are no log-probabilities"
	CopiesLast         = "the last of n completions is the first"
	LogsNext           = "a completion lists the tokens of the next of its request"
	LogsFirst          = "all completions of a request list the tokens of the first"
	LogsCompany        = "a completion among others lists the tokens of another request"
	DraftKept          = "tokens of a draft are kept twice as often"
	DraftRest          = "a rejected draft is drawn again from all tokens"
	DraftBare          = "what a draft lacks is not normalised"
	DraftGreedy        = "a rejected draft becomes the most probable token"
	DraftAlways        = "every token of a draft is kept"
	HalfAnswer         = "one answer in thirty is cut off"
	WordID             = "one answer in thirty has a word for the ID of its last token"
	ListOfText         = "one answer in thirty has a text for its lists"
	SeedShort          = "16 bits of a seed are used"
	SeedFloat          = "a seed is a float32"
	OneInTen           = "one request in ten is greedy"
	TemperatureRises   = "temperature rises by a fiftieth with every token"
	TemperatureWarm    = "temperature is 1.2 times what was asked"
	NumbersBelow       = "uniform numbers are below 0.9"
	NumbersStick       = "one number in three is the one before"
	TextShort          = "the text lacks the last token"
	ReasonEnd          = "an answer that ended says that the limit cut it"
	ListFar            = "from the 17th token on lists are of a context that lacks four tokens"
)

// Bug is a planted bug, the law that it breaks, and a dialect that can show it.
type Bug struct {
	Name, Law string
	Dialect   Dialect
}

// Bugs are all planted bugs.
func Bugs() []Bug {
	return []Bug{
		{TemperatureIgnored, "Draws/Temperature", Completions}, {TemperatureTwice, "Draws/Temperature", Chat},
		{TemperatureInverse, "Draws/Temperature", Llama}, {TemperatureMoved, "Cuts/Order", VLLM},
		{TemperatureFirst, "Steps/Annealed", Ollama}, {TemperatureLater, "Draws/Temperature", VLLM},
		{TopPIgnored, "Cuts/TopP", Chat}, {TopPHalf, "Cuts/TopP", Completions}, {TopPShort, "Cuts/TopP", Llama},
		{TopKIgnored, "Cuts/TopK", Llama}, {TopKMore, "Cuts/TopK", VLLM}, {TopKArgmax, "Cuts/TopK", Ollama},
		{MinPIgnored, "Cuts/MinP", Llama}, {MinPDefault, "Draws/One", Llama},
		{OtherTemperature, "Draws/One", VLLM}, {ScaledTwice, "Scale/Kind", Llama},
		{Probability, "Form/Numbers", Ollama}, {Logits, "Form/Numbers", Llama}, {Base2, "Draws/One", VLLM},
		{ChosenWrong, "Form/Numbers", Chat}, {ListUnsorted, "Form/Numbers", Chat}, {ListDoubled, "Form/Numbers", Llama},
		{InfinityInJSON, "Form/JSON", Llama},
		{SeedGlobal, "Seeds/Apart", Completions}, {SeedConstant, "Seeds/None", Ollama}, {SeedIgnored, "Seeds/Different", VLLM},
		{SeedBits, "Seeds/Different", Llama}, {SeedForgotten, "Seeds/Same", Completions}, {SeedMoved, "Seeds/Company", Llama},
		{OneUniform, "Steps/Independent", VLLM}, {EchoShifted, "Chain/Rule", Completions}, {RowsSwapped, "Neighbours/Rows", VLLM},
		{StopInText, "Ends/Stop", Ollama}, {StopIgnored, "Ends/Stop", Llama},
		{GreedyDraws, "Greedy/Top", Completions}, {GreedySecond, "Greedy/Top", Chat},
		{OneTokenMore, "Ends/Limit", Chat}, {ReasonWrong, "Ends/Reason", Chat}, {CopiesEqual, "Ends/Several", Chat},
		{SequenceAnnealed, "Steps/Annealed", VLLM}, {Uniform, "Draws/Temperature", Completions}, {DiesOfTemperature, "Input/Survives", Llama},
		{Base10, "Draws/One", Ollama}, {ListStale, "Draws/One", Llama}, {ScaledBare, "Scale/Kind", VLLM},
		{TemperatureHot, "Draws/Hot", Llama}, {TemperatureWhole, "Draws/Temperature", Ollama}, {GreedyTenth, "Greedy/Top", VLLM},
		{SeedLattice, "Seeds/Different", VLLM}, {SeedClock, "Seeds/None", VLLM}, {Antithetic, "Steps/Independent", Llama},
		{MinPAbsolute, "Cuts/MinP", VLLM}, {MinPSmall, "Draws/One", Ollama}, {TopPStuck, "Draws/One", VLLM}, {TopKLess, "Cuts/TopK", Ollama},
		{PenaltyStuck, "Greedy/Top", Ollama}, {ReasonLength, "Ends/Reason", Chat}, {StopEats, "Ends/Before", Llama}, {StopAcross, "Ends/Across", Llama},
		{BatchTemperature, "Neighbours/Settings", VLLM}, {CopiesGreedy, "Ends/Several", Completions}, {EchoCold, "Chain/Rule", VLLM},
		{TopPCold, "Cuts/Cold", VLLM}, {CopiesSeeded, "Ends/Several", VLLM}, {BatchNumbers, "Neighbours/Settings", VLLM},
		{PromptShifted, "Chain/Rule", VLLM}, {PromptOfDraw, "Chain/Rule", VLLM},
		{SingleGreedy, "Draws/Single", Llama}, {StopFirst, "Ends/Stop", VLLM}, {SeedSteps, "Seeds/Different", Llama}, {RequestSteps, "Seeds/None", VLLM},
		{CopiesLater, "Ends/Several", VLLM}, {TwoNumbers, "Steps/Independent", Ollama}, {SeedCold, "Seeds/Different", Llama},
		{TopKUnits, "Cuts/TopK", VLLM}, {MinPUnits, "Cuts/MinP", Ollama}, {TopKAlone, "Cuts/TopK", Ollama}, {TopPAlone, "Cuts/TopP", VLLM},
		{PostRaw, "Cuts/Exact", Llama}, {PostUncut, "Cuts/Exact", Llama}, {PostCold, "Cuts/Exact", Llama},
		{GreedyFar, "Draws/Alike", VLLM}, {GreedyLong, "Draws/Alike", Llama}, {GreedyEvery, "Draws/Alike", Ollama}, {TemperatureFar, "Draws/Alike", Llama},
		{ZeroFar, "Greedy/Top", VLLM}, {ZeroTopP, "Greedy/Top", Llama}, {TopKFar, "Cuts/TopK", Llama}, {TopPFar, "Cuts/TopP", Ollama}, {NumbersAgain, "Draws/Alike", VLLM},
		{OneTokenFewer, "Ends/Full", Llama}, {OneTokenShort, "Ends/Full", Chat}, {OneTokenHidden, "Ends/Count", Ollama}, {Miscounted, "Ends/Count", Completions},
		{CopiesPairs, "Ends/Several", Chat}, {CopiesCross, "Ends/Several", Completions}, {CopiesLast, "Ends/Several", VLLM}, {CopiesBlind, "Ends/Copies", Chat},
		{LogsNext, "Form/Own", Chat}, {LogsFirst, "Form/Own", VLLM}, {LogsCompany, "Form/Own", Ollama},
		{DraftKept, "Draws/Together", VLLM}, {DraftRest, "Draws/Together", Llama}, {DraftBare, "Draws/Together", Llama},
		{DraftGreedy, "Draws/Together", Llama}, {DraftAlways, "Draws/One", VLLM},
		{HalfAnswer, "Form/JSON", VLLM}, {WordID, "Form/JSON", Llama}, {ListOfText, "Form/JSON", Completions},
		{SeedShort, "Seeds/Different", Ollama}, {SeedFloat, "Seeds/Different", VLLM},
		{OneInTen, "Draws/Alike", VLLM}, {TemperatureRises, "Draws/Alike", Llama}, {TemperatureWarm, "Draws/Together", Ollama},
		{NumbersBelow, "Draws/Together", VLLM}, {NumbersStick, "Steps/Independent", VLLM},
		{TextShort, "Ends/Count", Llama}, {ReasonEnd, "Ends/Full", Llama}, {ListFar, "Chain/Rule", VLLM},
	}
}

// Check returns nil for a dialect and a bug that there are; no bug is "".
func Check(d Dialect, bug string) error {
	if !slices.Contains(Dialects(), d) {
		return fmt.Errorf("dialect %q is none of %v", d, Dialects())
	}
	if bug == "" || slices.ContainsFunc(Bugs(), func(b Bug) bool { return b.Name == bug }) {
		return nil
	}
	var names []string
	for _, b := range Bugs() {
		names = append(names, b.Name)
	}
	return fmt.Errorf("bug %q is none of: %s", bug, strings.Join(names, "; "))
}
