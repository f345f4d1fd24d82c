package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// govmomi cannot distinguish numaNode 0 of a device from an unset one, and leaves both out of answers. So node 0 has
// another number inside this process.
const nodeZero = 1_000_000

var (
	wireNodeZero  = []byte("<numaNode>0</numaNode>")
	innerNodeZero = []byte("<numaNode>1000000</numaNode>")
)

// deviceNode returns a device's virtual node and whether one is given; a negative number means none.
func deviceNode(number int32) (node int32, given bool) {
	if number == nodeZero {
		return 0, true
	}
	return number, number != 0
}

// clearDeviceNodes leaves the node of devices without one unset, as a vCenter does.
func clearDeviceNodes(config *types.VirtualMachineConfigInfo) {
	for _, device := range config.Hardware.Device {
		if base := device.GetVirtualDevice(); base.NumaNode < 0 {
			base.NumaNode = 0
		}
	}
}

// translateDeviceNodes replaces node 0 by its inner number in requests, and back in answers.
func translateDeviceNodes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/sdk") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		body = bytes.ReplaceAll(body, wireNodeZero, innerNodeZero)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(&nodeTranslator{w}, r)
	})
}

// nodeTranslator relies on the simulator writing an answer in one piece.
type nodeTranslator struct{ http.ResponseWriter }

// Write writes the translated answer and reports the original length.
func (t *nodeTranslator) Write(answer []byte) (int, error) {
	_, err := t.ResponseWriter.Write(bytes.ReplaceAll(answer, innerNodeZero, wireNodeZero))
	return len(answer), err
}

// Unwrap lets http.ResponseController reach the connection.
func (t *nodeTranslator) Unwrap() http.ResponseWriter { return t.ResponseWriter }
