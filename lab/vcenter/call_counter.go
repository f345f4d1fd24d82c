package main

import (
	"maps"
	"sync"
)

// callCounter counts the API calls by method: tests use the counts to show that nothing was changed, and how many calls a run takes.
type callCounter struct {
	mu     sync.Mutex
	counts map[string]int
}

func newCallCounter() *callCounter {
	return &callCounter{counts: map[string]int{}}
}

// add counts one call of a SOAP method ("ReconfigVM_Task") or a REST request ("POST /rest/…").
func (c *callCounter) add(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[method]++
}

// snapshot returns a copy of the counts since the last reset.
func (c *callCounter) snapshot() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.counts)
}

func (c *callCounter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.counts)
}
