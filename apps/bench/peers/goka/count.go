package main

import (
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
)

// Counts the records of each key.
func count() {
	records := newLastRecords()
	run(goka.DefineGroup(goka.Group(job["group"]),
		goka.Input(goka.Stream(job["input"]), new(codec.Bytes), func(ctx goka.Context, msg interface{}) {
			increment(ctx)
			records.processed(ctx)
		}),
		goka.Persist(new(codec.Int64))))
}

func increment(ctx goka.Context) {
	var counter int64
	if value := ctx.Value(); value != nil {
		counter = value.(int64)
	}
	ctx.SetValue(counter + 1)
}
