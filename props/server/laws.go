package server

import (
	"cmp"

	"temper/props/verdict"
)

func must(id, claim string, try func(*run) (outcome, error)) law {
	return law{verdict.Law{ID: id, Claim: claim, Level: verdict.Must}, try}
}

func should(id, claim string, try func(*run) (outcome, error)) law {
	return law{verdict.Law{ID: id, Claim: claim, Level: verdict.Should}, try}
}

// laws are all, in the order in which they are tried. Those of Form and Ends/Limit look
// at every answer of the run, and are judged again at its end.
func laws() []law {
	return []law{
		must("Form/JSON", "every answer is JSON of the shape of its dialect, without the numbers NaN and Infinity", (*run).formJSON),
		must("Form/Numbers", "log-probabilities are at most 0, a list is sorted, has no token ID twice and adds up to at most 1, and the chosen token's entry agrees with it", (*run).formNumbers),
		should("Form/Doubles", "a list has no text twice", (*run).formDoubles),
		must("Ends/Limit", "an answer has at most as many tokens as it was asked for", (*run).endsLimit),
		must("Scale/Kind", "log-probabilities are those at T = 1 at every T, or are divided by T", (*run).scaleKind),
		must("Greedy/Top", "T = 0 gives the most probable token", (*run).greedyTop),
		must("Draws/One", "at T = 1 tokens are drawn with the probabilities of the list", (*run).drawsOne),
		must("Draws/Temperature", "at T = ½ tokens are drawn with the probabilities of the list, annealed", (*run).drawsTemperature),
		must("Draws/Hot", "at T = 2 tokens are drawn with the probabilities of the list, annealed", (*run).drawsHot),
		must("Steps/Annealed", "at T = ½ every token is drawn by its own step, not by what can follow it", (*run).stepsAnnealed),
		must("Cuts/TopP", "no draw is outside the nucleus of top_p, and those inside keep their proportions", (*run).cutsTopP),
		must("Cuts/TopK", "no draw is outside the top_k most probable tokens, and those inside keep their proportions", (*run).cutsTopK),
		must("Cuts/MinP", "no draw is below min_p of the largest probability, and those above keep their proportions", (*run).cutsMinP),
		must("Cuts/Cold", "no draw at T = ½ is outside the nucleus of top_p, whether temperature comes first or last", (*run).cutsCold),
		must("Cuts/Exact", "the probabilities that the server says it draws from are those of the list, annealed and cut", (*run).cutsExact),
		must("Seeds/None", "requests without a seed are independent", (*run).seedsNone),
		must("Seeds/Different", "requests with different seeds are independent", (*run).seedsDifferent),
		must("Seeds/Apart", "a seed does not reach the requests after it", (*run).seedsApart),
		should("Seeds/Same", "the same seed gives the same text", (*run).seedsSame),
		should("Seeds/Company", "the same seed gives the same text among other requests", (*run).seedsCompany),
		must("Steps/Independent", "the tokens of one answer are drawn with independent numbers", (*run).stepsIndependent),
		must("Chain/Rule", "log-probabilities of a text are the same generated and echoed", (*run).chainRule),
		must("Neighbours/Rows", "an answer among other requests is that of its own prompt", (*run).neighboursRows),
		should("Neighbours/Numbers", "log-probabilities do not depend on other requests", (*run).neighboursNumbers),
		must("Neighbours/Settings", "a request among others is served with its own temperature, and draws its own numbers", (*run).neighboursSettings),
		must("Ends/Stop", "a stop string is not in the text", (*run).endsStop),
		should("Ends/Before", "the text before a stop string is whole", (*run).endsBefore),
		should("Ends/Across", "a stop string may be of two tokens", (*run).endsAcross),
		must("Ends/Reason", "an answer that the limit cut does not say that it ended by itself, nor one that a stop string cut that it was the limit", (*run).endsReason),
		must("Ends/Several", "several completions of one request are independent", (*run).endsSeveral),
		should("Ends/Copies", "completions of one request differ from each other as from those of other requests", (*run).endsCopies),
		should("Cuts/Order", "temperature is on the side of the cuts that the engine says", (*run).cutsOrder),
		should("Input/Refused", "settings without a meaning are refused with words", (*run).inputRefused),
		must("Input/Survives", "after a request with bad settings the next is served as before", (*run).inputSurvives),
		must("Ends/Full", "an answer that the limit cut has as many tokens as it was asked for", (*run).endsFull),
		should("Ends/Count", "an answer that the limit cut says how many tokens it has, and its text has no others", (*run).endsCount),
		must("Form/Own", "the tokens that a completion lists are those of its own text", (*run).formOwn),
		must("Draws/Alike", "draws are made alike at every position of an answer, and in every answer", (*run).drawsAlike),
		must("Draws/Single", "an answer of one token is drawn with the probabilities of the list", (*run).drawsSingle),
		must("Draws/Together", "all draws of the run together have the probabilities of their lists", (*run).drawsTogether),
	}
}

// watched judges the laws about every answer again, now that all are in. A law that was
// not tried stays so unless it is broken.
func (r *run) watched(results []verdict.Result) {
	for i, l := range laws()[:4] {
		got, _ := l.try(r)
		results[i].Inputs = got.inputs
		switch {
		case got.broken != "":
			results[i].Status, results[i].Detail = verdict.Broken, got.broken
		case results[i].Status == verdict.Held:
			results[i].Detail = got.note
		}
	}
}

const noLists = "the server gives no log-probabilities"

func (r *run) formJSON() (outcome, error) {
	return outcome{inputs: r.seen.answers, broken: r.seen.json}, nil
}

func (r *run) formNumbers() (outcome, error) {
	if r.list == 0 && r.seen.numbers == "" {
		return outcome{absent: noLists}, nil
	}
	return outcome{inputs: r.seen.lists, broken: cmp.Or(r.seen.numbers, r.seen.often())}, nil
}

func (r *run) formDoubles() (outcome, error) {
	if r.list == 0 {
		return outcome{absent: noLists}, nil
	}
	return outcome{inputs: r.seen.lists, broken: r.seen.doubles}, nil
}

func (r *run) endsLimit() (outcome, error) {
	if r.seen.ends == 0 {
		return outcome{absent: "the server does not say which tokens an answer has"}, nil
	}
	return outcome{inputs: r.seen.ends, broken: r.seen.limit}, nil
}
