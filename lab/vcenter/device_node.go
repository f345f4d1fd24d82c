package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// govmomi does not tell numaNode 0 of a device from one that is not given, and leaves
// both out of answers. So node 0 has another number inside of this process.
const nodeZero = 1_000_000

var (
	zeroOutside = []byte("<numaNode>0</numaNode>")
	zeroInside  = []byte("<numaNode>1000000</numaNode>")
)

// deviceNode returns a device's virtual node and whether one is given; a negative one stands for none.
func deviceNode(number int32) (node int32, given bool) {
	if number == nodeZero {
		return 0, true
	}
	return number, number != 0
}

// clearNodes shows devices without a node as a vCenter does: with none.
func clearNodes(config *types.VirtualMachineConfigInfo) {
	for _, device := range config.Hardware.Device {
		if base := device.GetVirtualDevice(); base.NumaNode < 0 {
			base.NumaNode = 0
		}
	}
}

// translateNodes puts the inner number of node 0 in the place of the outer one, and back.
func translateNodes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/sdk") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		body = bytes.ReplaceAll(body, zeroOutside, zeroInside)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(&nodeTranslator{w}, r)
	})
}

// nodeTranslator relies on the simulator writing an answer in one piece.
type nodeTranslator struct{ http.ResponseWriter }

// Write passes on the translated answer and tells of the whole of it.
func (t *nodeTranslator) Write(answer []byte) (int, error) {
	_, err := t.ResponseWriter.Write(bytes.ReplaceAll(answer, zeroInside, zeroOutside))
	return len(answer), err
}

// Unwrap lets http.ResponseController reach the connection.
func (t *nodeTranslator) Unwrap() http.ResponseWriter { return t.ResponseWriter }
