package main

import (
	"context"
	"os"
	"sync/atomic"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
)

// Runs a processor from the word to begin until it is told to stop, and says what it has read of its table.
func run(graph *goka.GroupGraph) {
	var read atomic.Int64
	begin()
	processor, err := goka.NewProcessor(brokers(), graph,
		goka.WithStorageBuilder(storage.DefaultBuilder(job["state"])),
		goka.WithTopicManagerBuilder(topics()),
		goka.WithRebalanceCallback(func(assignment goka.Assignment) {
			if len(assignment) > 0 {
				say("assigned")
			}
		}),
		goka.WithUpdateCallback(func(ctx goka.UpdateContext, s storage.Storage, key string, value []byte) error {
			read.Add(1)
			return goka.DefaultUpdate(ctx, s, key, value)
		}))
	check(err)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-told["report"]
		say("report records=%d", read.Load())
	}()
	go func() {
		<-told["stop"]
		cancel()
	}()
	check(processor.Run(ctx))
	os.Exit(0)
}
