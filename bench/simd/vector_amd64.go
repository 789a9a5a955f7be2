package simd

import (
	"math"

	"golang.org/x/sys/cpu"
)

// fitsCaches is how many float32 the largest caches hold, about. Beyond, on an AMD EPYC
// (Zen 5), the memory is faster where a reader pauses who otherwise takes less time than
// it. Others never do.
const fitsCaches = 1 << 24

// instructionSets are those of amd64, by width of registers. The names of features
// are those that the generated assembly has in its comments.
var instructionSets = []instructionSet{
	{
		name:        "avx2",
		features:    []feature{{"AVX2", cpu.X86.HasAVX2}, {"FMA3", cpu.X86.HasFMA}, {"BMI", cpu.X86.HasBMI1}, {"POPCNT", cpu.X86.HasPOPCNT}, {"F16C", cpu.X86.HasF16C}},
		float32:     assembly[float32]{maximumAVX2, peakAVX2, countAVX2, markAVX2, sumAVX2, sumChunksAVX2, math.MaxInt, weighAVX2, weighBlocksAVX2},
		bfloat16:    assembly[uint16]{maximumBFloat16AVX2, peakBFloat16AVX2, countBFloat16AVX2, markBFloat16AVX2, sumBFloat16AVX2, sumChunksBFloat16AVX2, math.MaxInt, weighBFloat16AVX2, weighBlocksBFloat16AVX2},
		float16:     assembly[uint16]{maximumFloat16AVX2, peakFloat16AVX2, countFloat16AVX2, markFloat16AVX2, sumFloat16AVX2, sumChunksFloat16AVX2, math.MaxInt, weighFloat16AVX2, weighBlocksFloat16AVX2},
		multiply:    multiplyAVX2,
		offsetRows:  offsetRowsAVX2,
		sumRows:     sumRowsAVX2,
		sumLongRows: sumLongRowsAVX2,
		weighRows:   weighRowsAVX2,
		powerRows:   powerRowsAVX2,
		scaleRows:   scaleRowsAVX2,
		locate:      locateAVX2,
		log2Rows:    log2RowsAVX2,
		peaks:       peaksAVX2,
		sumAbove:    sumAboveAVX2,
		collect:     collectAVX2,
		over:        overAVX2,
		upTo:        upToAVX2,
		countAbove:  countAboveAVX2,
		mask:        maskAVX2,
		massAbove:   massAboveAVX2,
		dropUpTo:    dropUpToAVX2,
		lastOpen:    lastOpenAVX2,
		sumLeast:    sumLeastAVX2,
		or:          orAVX2,
		add:         addAVX2,
		copy:        copyAVX2,
		stream:      streamAVX2,
	},
	{
		name: "avx512",
		features: []feature{
			{"AVX2", cpu.X86.HasAVX2}, {"AVX512F", cpu.X86.HasAVX512F}, {"AVX512DQ", cpu.X86.HasAVX512DQ}, {"BMI", cpu.X86.HasBMI1}, {"BMI2", cpu.X86.HasBMI2}, {"POPCNT", cpu.X86.HasPOPCNT},
		},
		float32:     assembly[float32]{maximumAVX512, peakAVX512, countAVX512, markAVX512, sumAVX512, sumChunksAVX512, fitsCaches, weighAVX512, weighBlocksAVX512},
		bfloat16:    assembly[uint16]{maximumBFloat16AVX512, peakBFloat16AVX512, countBFloat16AVX512, markBFloat16AVX512, sumBFloat16AVX512, sumChunksBFloat16AVX512, math.MaxInt, weighBFloat16AVX512, weighBlocksBFloat16AVX512},
		float16:     assembly[uint16]{maximumFloat16AVX512, peakFloat16AVX512, countFloat16AVX512, markFloat16AVX512, sumFloat16AVX512, sumChunksFloat16AVX512, math.MaxInt, weighFloat16AVX512, weighBlocksFloat16AVX512},
		multiply:    multiplyAVX512,
		offsetRows:  offsetRowsAVX512,
		sumRows:     sumRowsAVX512,
		sumLongRows: sumLongRowsAVX512,
		weighRows:   weighRowsAVX512,
		powerRows:   powerRowsAVX512,
		scaleRows:   scaleRowsAVX512,
		locate:      locateAVX512,
		log2Rows:    log2RowsAVX512,
		peaks:       peaksAVX512,
		sumPeaks:    sumPeaksAVX512,
		sumAbove:    sumAboveAVX512,
		collect:     collectAVX512,
		over:        overAVX512,
		upTo:        upToAVX512,
		countAbove:  countAboveAVX512,
		mask:        maskAVX512,
		massAbove:   massAboveAVX512,
		dropUpTo:    dropUpToAVX512,
		lastOpen:    lastOpenAVX512,
		sumLeast:    sumLeastAVX512,
		or:          orAVX512,
		add:         addAVX512,
		copy:        copyAVX512,
		stream:      streamAVX512,
	},
}
