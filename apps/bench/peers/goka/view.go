package main

import (
	"context"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/lovoo/goka/storage"
)

// Reads pseudo-random keys of a view, from one goroutine or several.
func view() {
	gets, keys, threads := number("records"), number("keys"), number("threads")
	begin()
	view, err := goka.NewView(brokers(), goka.Table(job["table"]), new(codec.Int64),
		goka.WithViewStorageBuilder(storage.DefaultBuilder(job["state"])))
	check(err)
	go func() { check(view.Run(context.Background())) }()
	<-view.WaitRunning()
	var sum atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for thread := 0; thread < threads; thread++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			var own int64
			for get := thread; get < gets; get += threads {
				value, err := view.Get("user-" + strconv.Itoa(keyOfRecord(get, keys)))
				check(err)
				own += value.(int64)
			}
			sum.Add(own)
		}()
	}
	wait.Wait()
	say("done seconds=%f sum=%d", time.Since(start).Seconds(), sum.Load())
	<-told["stop"]
	os.Exit(0)
}

// As keyOfRecord in src/keys.ts.
func keyOfRecord(record, keys int) int {
	hash := uint32(record+1) * 0x9e3779b1
	hash = (hash ^ (hash >> 16)) * 0x85ebca6b
	hash = (hash ^ (hash >> 13)) * 0xc2b2ae35
	return int((hash ^ (hash >> 16)) % uint32(keys))
}
