// lab-vcenter is the lab's vCenter: govmomi's simulator with the lab's
// inventory, the refusals of a real vCenter, and hooks to the lab's hypervisor.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/vmware/govmomi/simulator"
)

// options are the command line.
type options struct {
	listen, certificate, key  string
	username, passwordFile    string
	reader, readerPassword    string
	inventory                 string
	control, hypervisor, file string
	plain                     bool
}

func parseOptions() options {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "address and port of the SOAP and REST endpoint")
	flag.StringVar(&o.certificate, "certificate", "", "PEM file with the server's certificate chain")
	flag.StringVar(&o.key, "key", "", "PEM file with the server's private key")
	flag.StringVar(&o.username, "username", "", "the user who may log in")
	flag.StringVar(&o.passwordFile, "password-file", "", "file that holds the user's password")
	flag.StringVar(&o.reader, "readonly-username", "", "a further user, who may only read")
	flag.StringVar(&o.readerPassword, "readonly-password-file", "", "file that holds the read-only user's password")
	flag.StringVar(&o.inventory, "inventory", "", "JSON file that describes the inventory; without it the lab's own")
	flag.StringVar(&o.control, "control-socket", "", "unix socket for guest states, call counts and faults")
	flag.StringVar(&o.hypervisor, "hypervisor-socket", "", "unix socket of the lab's hypervisor; without it power operations only change state")
	flag.StringVar(&o.file, "ready-file", "", "file to write {url, port, pid} to once requests are answered")
	flag.BoolVar(&o.plain, "plain", false, "leave every call to govmomi's simulator, without the lab's refusals and hooks")
	flag.Parse()
	return o
}

func main() {
	if err := run(parseOptions()); err != nil {
		fmt.Fprintln(os.Stderr, "lab-vcenter:", err)
		os.Exit(1)
	}
}

// run serves until SIGINT or SIGTERM.
func run(o options) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	certificate, err := tls.LoadX509KeyPair(o.certificate, o.key)
	if err != nil {
		return fmt.Errorf("the server's certificate: %w", err)
	}

	described, err := readInventory(o.inventory)
	if err != nil {
		return fmt.Errorf("the inventory's description: %w", err)
	}
	model, err := newModel(described.APIVersion)
	if err != nil {
		return err
	}
	defer model.Remove()
	home, err := os.MkdirTemp("", "lab-vcenter-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)

	calls := newCallCounter()
	service := model.Service
	guard := newGuard(service, newHypervisor(""), calls, described.APIVersion)
	guard.locale = described.Locale
	if err := fillModel(ctx, model, guard, described, home); err != nil {
		return fmt.Errorf("the inventory: %w", err)
	}
	guard.hypervisor = newHypervisor(o.hypervisor) // VMs that are on from the start have no guest
	if o.plain {
		guard.disable()
	}
	calls.reset()

	if err := addUsers(guard, o); err != nil {
		return err
	}
	model.Map().SessionManager().ValidLogin = guard.users.validLogin
	service.Listen = &url.URL{Host: o.listen, User: url.User(o.username)}
	service.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	service.RegisterEndpoints = true

	server := service.NewServer()
	defer server.Close()
	server.Config.Handler = restrictREST(calls, guard, injectFaults(guard, localizeLabels(guard, translateDeviceNodes(server.Config.Handler))))

	control, err := serveControl(o.control, guard, calls)
	if err != nil {
		return err
	}
	defer control.Close()

	if err := writeReadyFile(o.file, server); err != nil {
		return err
	}
	defer os.Remove(o.file)
	log.Printf("lab vCenter answers at %s", server.URL.Host)
	<-ctx.Done()
	return nil
}

// addUsers adds the administrator and, if there is one, the user who may only read.
func addUsers(g *guard, o options) error {
	password, err := readPassword(o.username, o.passwordFile)
	if err != nil {
		return err
	}
	g.users.add(o.username, password)
	g.permit(o.username, administratorRole)
	if o.reader == "" {
		return nil
	}
	if password, err = readPassword(o.reader, o.readerPassword); err != nil {
		return err
	}
	g.users.add(o.reader, password)
	g.permit(o.reader, readOnlyRole)
	return nil
}

func readPassword(username, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("a user's password: %w", err)
	}
	password := strings.TrimRight(string(text), "\r\n")
	if username == "" || password == "" {
		return "", fmt.Errorf("a user name and a password are required")
	}
	return password, nil
}

// writeReadyFile writes whole or not at all, so that a waiting reader never sees half of it.
func writeReadyFile(name string, server *simulator.Server) error {
	port, err := strconv.Atoi(server.URL.Port())
	if err != nil {
		return err
	}
	text, err := json.Marshal(map[string]any{
		"url":  "https://" + server.URL.Host + server.URL.Path,
		"port": port,
		"pid":  os.Getpid(),
	})
	if err != nil {
		return err
	}
	partial := filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".partial")
	if err := os.WriteFile(partial, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(partial, name)
}
