package main

import (
	"encoding/json"

	"github.com/lovoo/goka"
)

type order struct {
	Order  int    `json:"order"`
	User   string `json:"user"`
	Amount int    `json:"amount"`
}

type profile struct {
	Name string `json:"name"`
	Rate int    `json:"rate"`
}

type bill struct {
	Order int    `json:"order"`
	User  string `json:"user"`
	Name  string `json:"name"`
	Total int    `json:"total"`
}

type jsonCodec[T any] struct{}

func (jsonCodec[T]) Encode(value interface{}) ([]byte, error) { return json.Marshal(value) }

func (jsonCodec[T]) Decode(data []byte) (interface{}, error) {
	value := new(T)
	return value, json.Unmarshal(data, value)
}

// Joins orders with the profiles of their users and sends out bills.
func pipeline() {
	records := newLastRecords()
	profiles := goka.Table(job["table"])
	output := goka.Stream(job["output"])
	run(goka.DefineGroup(goka.Group(job["group"]),
		goka.Input(goka.Stream(job["input"]), jsonCodec[order]{}, func(ctx goka.Context, msg interface{}) {
			order := msg.(*order)
			profile := ctx.Join(profiles).(*profile)
			ctx.Emit(output, ctx.Key(), &bill{order.Order, order.User, profile.Name, order.Amount * profile.Rate})
			records.processed(ctx)
		}),
		goka.Join(profiles, jsonCodec[profile]{}),
		goka.Output(output, jsonCodec[bill]{})))
}
