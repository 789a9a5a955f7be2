module temper

go 1.26.0
