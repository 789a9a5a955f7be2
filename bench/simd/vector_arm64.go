package simd

// instructionSets are those of arm64. Every processor of this architecture has NEON, so
// that nothing is asked of it.
var instructionSets = []instructionSet{
	{
		name:        "neon",
		float32:     assembly[float32]{maximumNEON, peakNEON, countNEON, markNEON, sumNEON, nil, 0, weighNEON, weighBlocksNEON},
		bfloat16:    assembly[uint16]{maximumBFloat16NEON, peakBFloat16NEON, countBFloat16NEON, markBFloat16NEON, sumBFloat16NEON, nil, 0, weighBFloat16NEON, weighBlocksBFloat16NEON},
		float16:     assembly[uint16]{maximumFloat16NEON, peakFloat16NEON, countFloat16NEON, markFloat16NEON, sumFloat16NEON, nil, 0, weighFloat16NEON, weighBlocksFloat16NEON},
		multiply:    multiplyNEON,
		offsetRows:  offsetRowsNEON,
		sumRows:     sumRowsNEON,
		sumLongRows: sumLongRowsNEON,
		weighRows:   weighRowsNEON,
		powerRows:   powerRowsNEON,
		scaleRows:   scaleRowsNEON,
		locate:      locateNEON,
		log2Rows:    log2RowsNEON,
		peaks:       peaksNEON,
		collect:     collectNEON,
		over:        overNEON,
		upTo:        upToNEON,
		countAbove:  countAboveNEON,
		mask:        maskNEON,
		sumAbove:    sumAboveNEON,
		or:          orNEON,
		add:         addNEON,
		copy:        copyNEON,
		stream:      streamNEON,
	},
}
