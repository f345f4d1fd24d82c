package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
)

// serveControl answers the lab on a unix socket that only its owner can use.
func serveControl(socket string, g *guard, calls *callCounter) (*http.Server, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the control socket: %w", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("the control socket: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return nil, err
	}
	server := &http.Server{Handler: controlHandler(g, calls)}
	go func() { _ = server.Serve(listener) }()
	return server, nil
}

func controlHandler(g *guard, calls *callCounter) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /guest-state", func(w http.ResponseWriter, r *http.Request) {
		var report guestReport
		if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		if err := g.report(report); err != nil {
			answer(w, http.StatusConflict, map[string]string{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("POST /performance", func(w http.ResponseWriter, r *http.Request) {
		var report performanceReport
		if err := json.NewDecoder(r.Body).Decode(&report); err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		if err := g.reportPerformance(report); err != nil {
			answer(w, http.StatusConflict, map[string]string{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("POST /ha-restart", func(w http.ResponseWriter, r *http.Request) {
		var wanted struct{ UUID, Host string }
		err := json.NewDecoder(r.Body).Decode(&wanted)
		if err == nil {
			err = g.restartByHA(wanted.UUID, wanted.Host)
		}
		if err != nil {
			answer(w, http.StatusConflict, map[string]string{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("POST /users", func(w http.ResponseWriter, r *http.Request) {
		var added struct{ Name, Password string }
		if err := json.NewDecoder(r.Body).Decode(&added); err != nil || added.Name == "" || added.Password == "" {
			answer(w, http.StatusBadRequest, map[string]string{"error": "a user needs a name and a password"})
			return
		}
		g.users.add(added.Name, added.Password)
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("GET /calls", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, calls.snapshot())
	})
	mux.HandleFunc("POST /calls/reset", func(w http.ResponseWriter, _ *http.Request) {
		calls.reset()
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		var rules []faultRule
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&rules)
		if err == nil {
			err = g.faults.add(rules)
		}
		if err != nil {
			answer(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, g.faults.remaining())
	})
	mux.HandleFunc("POST /faults/reset", func(w http.ResponseWriter, _ *http.Request) {
		g.faults.reset()
		answer(w, http.StatusOK, struct{}{})
	})
	return mux
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
