module echo/bench/peers/go

go 1.19
