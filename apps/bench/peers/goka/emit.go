package main

import (
	"os"
	"strconv"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
)

// Emits records and waits for the last acknowledgement. See src/programs/emitted-record.ts.
func emit() {
	records, keys := number("records"), number("keys")
	pool, err := os.ReadFile(job["pool"])
	check(err)
	begin()
	emitter, err := goka.NewEmitter(brokers(), goka.Stream(job["output"]), new(codec.Bytes))
	check(err)
	say("first")
	for record := 0; record < records; record++ {
		key := "user-" + strconv.Itoa(record%keys)
		start := record * 101 % (len(pool) - 100)
		promise, err := emitter.Emit(key, pool[start:start+100-len(key)])
		check(err)
		promise.Then(check)
	}
	check(emitter.Finish())
	say("done")
	<-told["stop"]
	os.Exit(0)
}
