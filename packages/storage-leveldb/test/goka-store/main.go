// Writes a table as Goka keeps it on disk. To make the folder next to this file anew:
//
//	rm -rf counts-table.0 && go run . . && rm counts-table.0/LOG
//
// With "read" as the second argument it prints what a store holds instead.
package main

import (
	"fmt"
	"log"
	"os"

	"github.com/lovoo/goka/storage"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: go run . <folder> [read]")
	}
	if len(os.Args) > 2 {
		withStore(read)
		return
	}
	withStore(writeTable)
	// What was in the log is in a sorted file once the store is opened again.
	withStore(writeLog)
}

func withStore(use func(storage.Storage)) {
	store, err := storage.DefaultBuilder(os.Args[1])("counts-table", 0)
	must(err)
	use(store)
	must(store.Close())
}

func writeTable(store storage.Storage) {
	set(store, "", "empty key")
	set(store, "alice", "41")
	set(store, "caf\xc3\xa9", "UTF-8")
	set(store, "\x00\x00\x00\x2a", "binary key")
	set(store, "\x00goka.checkpoint!", "escaped key")
	set(store, "deleted", "x")
	must(store.SetOffset(1037))
}

func writeLog(store storage.Storage) {
	set(store, "alice", "42")
	set(store, "bob", "")
	set(store, "zoe", "\x00\x01\xfe\xff")
	set(store, "\xff\xfe", "not UTF-8")
	must(store.Delete("deleted"))
	must(store.SetOffset(1041))
}

func read(store storage.Storage) {
	entries, err := store.Iterator()
	must(err)
	for entries.Next() {
		value, err := entries.Value()
		must(err)
		fmt.Printf("%q = %q\n", entries.Key(), value)
	}
	must(entries.Err())
	offset, err := store.GetOffset(-3)
	must(err)
	fmt.Println("offset", offset)
}

func set(store storage.Storage, key, value string) {
	must(store.Set(key, []byte(value)))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
