// What is measured of Goka: one program with its name as the first argument and its job as name=value after it. See
// src/programs.ts for what it says and hears.
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
)

var programs = map[string]func(){
	"count":    count,
	"copy":     copyRecords,
	"pipeline": pipeline,
	"emit":     emit,
	"view":     view,
}

var job = map[string]string{}

func main() {
	for _, argument := range os.Args[2:] {
		name, value, _ := strings.Cut(argument, "=")
		job[name] = value
	}
	hear()
	configure()
	programs[os.Args[1]]()
}

func number(name string) int {
	value, err := strconv.Atoi(job[name])
	check(err)
	return value
}

func brokers() []string { return strings.Split(job["brokers"], ",") }

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func say(format string, args ...any) {
	fmt.Printf("bench: "+format+"\n", args...)
}

var told = map[string]chan struct{}{"go": make(chan struct{}), "report": make(chan struct{}), "stop": make(chan struct{})}

func hear() {
	lines := bufio.NewScanner(os.Stdin)
	go func() {
		for lines.Scan() {
			close(told[lines.Text()])
		}
		os.Exit(1) // Whoever has started it is gone.
	}()
}

func begin() {
	say("ready")
	<-told["go"]
}

// Goka's own defaults, but for records that were there before and for topics on one broker.
func configure() {
	config := goka.DefaultConfig()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	if _, given := job["sessionTimeoutMs"]; given {
		config.Consumer.Group.Session.Timeout = time.Duration(number("sessionTimeoutMs")) * time.Millisecond
	}
	goka.ReplaceGlobalConfig(config)
}

func topics() goka.TopicManagerBuilder {
	config := goka.NewTopicManagerConfig()
	config.Table.Replication = 1
	config.Stream.Replication = 1
	return goka.TopicManagerBuilderWithTopicManagerConfig(config)
}

// Says when the first record of each partition is processed, and when the last one is. Each partition has a goroutine.
type lastRecords struct {
	started []bool
	lasts   []int64
}

func newLastRecords() *lastRecords {
	records := &lastRecords{}
	for _, text := range strings.Split(job["ends"], ",") {
		end, err := strconv.ParseInt(text, 10, 64)
		check(err)
		records.lasts = append(records.lasts, end-1)
		records.started = append(records.started, false)
	}
	return records
}

func (r *lastRecords) processed(ctx goka.Context) {
	partition := ctx.Partition()
	if !r.started[partition] {
		r.started[partition] = true
		say("first partition=%d", partition)
	}
	if ctx.Offset() == r.lasts[partition] {
		say("end partition=%d", partition)
	}
}
