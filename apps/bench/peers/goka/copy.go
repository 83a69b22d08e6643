package main

import (
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
)

// Counts the records of each key and sends each on.
func copyRecords() {
	output := goka.Stream(job["output"])
	run(goka.DefineGroup(goka.Group(job["group"]),
		goka.Input(goka.Stream(job["input"]), new(codec.Bytes), func(ctx goka.Context, msg interface{}) {
			increment(ctx)
			ctx.Emit(output, ctx.Key(), msg)
		}),
		goka.Output(output, new(codec.Bytes)),
		goka.Persist(new(codec.Int64))))
}
