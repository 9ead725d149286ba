// SPDX-License-Identifier: Apache-2.0

// Loads an etcd cluster with puts through its own client, over as many connections as it is told: keys that
// only grow, as in a ledger, values of a given length. Prints one JSON object. Told to probe, waits for a line
// on standard input, then puts through each endpoint until one has answered, and prints how long that took.
//
// closed: each of `clients` puts again as soon as its put is done. open: `rate` puts a second, however long
// each takes, so that latency counts from when a put was due.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

type result struct {
	PerSecond float64 `json:"perSecond"`
	Failed    int64   `json:"failed"`
	P50Ms     float64 `json:"p50Ms"`
	P99Ms     float64 `json:"p99Ms"`
}

var (
	endpoints   = flag.String("endpoints", "", "host:port, of all members or of the leader, by commas")
	connections = flag.Int("connections", 16, "connections")
	clients     = flag.Int("clients", 256, "puts under way at most")
	bytes       = flag.Int("bytes", 256, "length of a value")
	rate        = flag.Float64("rate", 0, "puts a second; 0 = as many as there is room for")
	warmUpMs    = flag.Int("warm-up-ms", 1000, "before anything counts")
	probe       = flag.Bool("probe", false, "see above")
	runMs       = flag.Int("run-ms", 5000, "what counts")
)

type tally struct {
	mutex     sync.Mutex
	latencies []time.Duration
	failed    int64
	from, to  time.Time
	key       int64
	value     string
}

// put counts where it ends within the time that counts.
func (t *tally) put(client *clientv3.Client, due time.Time) {
	key := fmt.Sprintf("e%016d", atomic.AddInt64(&t.key, 1))
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	_, err := client.Put(ctx, key, t.value)
	done := time.Now()
	if done.Before(t.from) || done.After(t.to) {
		return
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if err != nil {
		t.failed++
		return
	}
	t.latencies = append(t.latencies, done.Sub(due))
}

func (t *tally) closed(pool []*clientv3.Client) {
	var all sync.WaitGroup
	for i := 0; i < *clients; i++ {
		client := pool[i%len(pool)]
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(t.to) {
				t.put(client, time.Now())
			}
		}()
	}
	all.Wait()
}

func (t *tally) open(pool []*clientv3.Client) {
	var all sync.WaitGroup
	start := time.Now()
	for i := 0; ; i++ {
		due := start.Add(time.Duration(float64(i) / *rate * float64(time.Second)))
		if due.After(t.to) {
			break
		}
		time.Sleep(time.Until(due))
		client := pool[i%len(pool)]
		all.Add(1)
		go func() {
			defer all.Done()
			t.put(client, due)
		}()
	}
	all.Wait()
}

func (t *tally) result() result {
	sort.Slice(t.latencies, func(i, j int) bool { return t.latencies[i] < t.latencies[j] })
	at := func(share float64) float64 {
		if len(t.latencies) == 0 {
			return 0
		}
		place := int(share * float64(len(t.latencies)-1))
		return float64(t.latencies[place].Microseconds()) / 1000
	}
	return result{
		PerSecond: float64(len(t.latencies)) / t.to.Sub(t.from).Seconds(),
		Failed:    t.failed,
		P50Ms:     at(0.5),
		P99Ms:     at(0.99),
	}
}

func connect(endpoints ...string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{
		Endpoints:   endpoints,
		DialTimeout: 5 * time.Second,
		Logger:      zap.NewNop(),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return client
}

type probed struct {
	AfterMs float64 `json:"afterMs"`
}

func probeAll() probed {
	fmt.Println("ready")
	_, _ = fmt.Scanln()
	start := time.Now()
	done := make(chan struct{}, *connections)
	for _, endpoint := range strings.Split(*endpoints, ",") {
		client := connect(endpoint)
		go func() {
			for {
				ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
				_, err := client.Put(ctx, "probe", "v")
				cancel()
				if err == nil {
					done <- struct{}{}
					return
				}
			}
		}()
	}
	<-done
	return probed{AfterMs: float64(time.Since(start).Microseconds()) / 1000}
}

func main() {
	flag.Parse()
	if *probe {
		_ = json.NewEncoder(os.Stdout).Encode(probeAll())
		return
	}
	pool := make([]*clientv3.Client, *connections)
	for i := range pool {
		pool[i] = connect(strings.Split(*endpoints, ",")...)
	}
	from := time.Now().Add(time.Duration(*warmUpMs) * time.Millisecond)
	load := &tally{
		from:  from,
		to:    from.Add(time.Duration(*runMs) * time.Millisecond),
		value: strings.Repeat("v", *bytes),
		key:   time.Now().UnixMicro() * 1000,
	}
	if *rate > 0 {
		load.open(pool)
	} else {
		load.closed(pool)
	}
	_ = json.NewEncoder(os.Stdout).Encode(load.result())
}
