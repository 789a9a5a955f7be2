package props

func modelLaws() []Law     { return nil }
func scorerLaws() []Law    { return nil }
func generatorLaws() []Law { return nil }
