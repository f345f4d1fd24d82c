package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// injectFaults applies the guard's fault rules to SOAP calls.
func injectFaults(g *guard, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.faults.empty() || r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/sdk") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		method, target := soapCall(body)
		vm, _ := g.registry.Get(target).(*simulator.VirtualMachine)
		name := ""
		if vm != nil {
			name = vm.Name
		}
		active := g.faults.take(method, name)
		if len(active) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		if rule := find(active, changeVM); rule != nil {
			g.changeConcurrently(vm, rule)
		}
		if rule := find(active, askQuestion); rule != nil {
			g.askQuestion(vm, rule)
		}
		if find(active, expireSession) != nil {
			g.endSession(r)
		}
		if find(active, dropBefore) != nil {
			g.calls.add(method)
			dropConnection(w)
			return
		}
		answer := httptest.NewRecorder()
		if rule := find(active, failTask); rule != nil && g.allowed(r, method) {
			g.calls.add(method)
			g.answerWithFailure(answer, method, target, rule)
		} else {
			next.ServeHTTP(answer, r)
		}
		time.Sleep(totalDelay(active))
		if find(active, dropAfter) != nil {
			g.awaitTask(answer.Body.String())
			dropConnection(w)
			return
		}
		for _, rule := range active {
			if rule.Action == rewriteAnswer {
				g.rewrite(answer, &rule)
			}
		}
		copyResponse(w, answer)
	})
}

// soapCall returns the method that a request calls, and the object.
func soapCall(body []byte) (string, types.ManagedObjectReference) {
	var envelope struct {
		Body struct {
			Call struct {
				XMLName xml.Name
				This    types.ManagedObjectReference `xml:"_this"`
			} `xml:",any"`
		} `xml:"Body"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil {
		return "", types.ManagedObjectReference{}
	}
	return envelope.Body.Call.XMLName.Local, envelope.Body.Call.This
}

func dropConnection(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		log.Printf("a connection cannot be dropped: %s", err)
		return
	}
	_ = connection.Close()
}

func copyResponse(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

var taskReference = regexp.MustCompile(`<returnval[^>]*type="Task"[^>]*>([^<]+)</returnval>`)

// awaitTask waits until the task that an answer names has ended, so that the call has had its full effect.
func (g *guard) awaitTask(answer string) {
	if found := taskReference.FindStringSubmatch(answer); found != nil {
		_, _ = await(g.newContext(), types.ManagedObjectReference{Type: "Task", Value: found[1]})
	}
}

// endSession ends the session of the request's cookie, as if it had been idle for too long.
func (g *guard) endSession(r *http.Request) {
	if cookie, err := r.Cookie(soap.SessionCookieName); err == nil {
		another := g.newContext()
		another.Session = &simulator.Session{}
		g.registry.SessionManager().TerminateSession(another, &types.TerminateSession{SessionId: []string{cookie.Value}})
		g.endCollectors(cookie.Value)
	}
}

// allowed tells whether the request would get past login and privileges. A method that changes something is taken for
// refused to everybody but administrators: tests let tasks fail for those.
func (g *guard) allowed(r *http.Request, method string) bool {
	cookie, err := r.Cookie(soap.SessionCookieName)
	if err != nil {
		return false
	}
	name := g.userOf(cookie.Value)
	return name != "" && (readingMethods[method] || g.account(name).unrestricted())
}

// changeConcurrently makes another client's change to the VM of the call, or to the one that the rule names.
func (g *guard) changeConcurrently(vm *simulator.VirtualMachine, rule *faultRule) {
	if vm == nil {
		vm = g.vmByName(rule.VM)
	}
	if vm == nil {
		log.Printf("change_vm: there is no VM %q", rule.VM)
		return
	}
	defer g.tasks.lock(vm.Self)()
	spec := &types.VirtualMachineConfigSpec{}
	for key, value := range rule.ExtraConfig {
		spec.ExtraConfig = append(spec.ExtraConfig, &types.OptionValue{Key: key, Value: value})
	}
	if spec.ExtraConfig == nil {
		spec.Annotation = fmt.Sprintf("changed by another client at %s", time.Now().Format(time.RFC3339Nano))
	}
	if refused := g.reconfigure(g.newContext(), vm, spec); refused != nil {
		log.Printf("change_vm: %s", refused.message)
	}
}

// answerWithFailure answers a task method with a task that ends in error, any other method with the fault itself.
func (g *guard) answerWithFailure(w http.ResponseWriter, method string, target types.ManagedObjectReference, rule *faultRule) {
	fault := namedFault(rule.Fault)
	refused := &refusal{fault: fault, message: fmt.Sprintf("%T, as the test asked", fault)}
	if generic, ok := fault.(*types.GenericVmConfigFault); ok {
		refused.message = "The operation failed, as the test asked."
		generic.Reason = refused.message
	}
	if !strings.HasSuffix(method, "_Task") {
		w.WriteHeader(http.StatusInternalServerError)
		writeSOAP(w, soapFault(refused))
		return
	}
	task := g.tasks.run(g.newContext(), taskTarget{target}, method, strings.TrimSuffix(method, "_Task"),
		func() (types.AnyType, *refusal) { return nil, refused })
	writeSOAP(w, fmt.Sprintf(`<%sResponse xmlns="urn:vim25"><returnval type="Task">%s</returnval></%[1]sResponse>`, method, task.Value))
}

// taskTarget is the object that a task is on, known by reference only.
type taskTarget struct{ reference types.ManagedObjectReference }

// Reference returns the object's.
func (t taskTarget) Reference() types.ManagedObjectReference { return t.reference }

func soapFault(refused *refusal) string {
	kind := strings.TrimPrefix(fmt.Sprintf("%T", refused.fault), "*types.")
	return fmt.Sprintf(`<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>%s</faultstring>`+
		`<detail><%sFault xmlns="urn:vim25" xsi:type="%[2]s"/></detail></soapenv:Fault>`, refused.message, kind)
}

func writeSOAP(w io.Writer, body string) {
	_, _ = fmt.Fprintf(w, `%s<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" `+
		`xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`+
		`<soapenv:Body>%s</soapenv:Body></soapenv:Envelope>`, xml.Header, body)
}

var objectContent = regexp.MustCompile(`(?s)<objects>.*?</objects>`)

// rewrite gives an answer another text: all of it, or what it says of the VM that the rule names.
func (g *guard) rewrite(answer *httptest.ResponseRecorder, rule *faultRule) {
	pattern := regexp.MustCompile(rule.Pattern)
	change := func(text string) string { return pattern.ReplaceAllString(text, rule.Replacement) }
	text := answer.Body.String()
	if rule.VM == "" {
		text = change(text)
	} else if vm := g.vmByName(rule.VM); vm != nil {
		reference := fmt.Sprintf(">%s</obj>", vm.Self.Value)
		text = objectContent.ReplaceAllStringFunc(text, func(object string) string {
			if strings.Contains(object, reference) {
				return change(object)
			}
			return object
		})
	}
	answer.Body = bytes.NewBufferString(text)
	answer.Header().Del("Content-Length")
}
