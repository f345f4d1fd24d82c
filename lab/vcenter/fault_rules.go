package main

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// faultRule makes calls go wrong; tests send rules to the control socket.
type faultRule struct {
	Method      string            `json:"method"`             // "ReconfigVM_Task", "*" for every SOAP method
	Action      string            `json:"action"`             // one of faultActions
	Count       *int              `json:"count"`              // calls that it applies to, default 1; 0: until reset
	Skip        int               `json:"skip"`               // calls to let pass first
	DelayMS     int               `json:"delay_ms,omitempty"` // of a delay
	VM          string            `json:"vm,omitempty"`       // only calls on this VM; of change_vm also: the VM to change
	Fault       string            `json:"fault,omitempty"`    // type of fail_task's fault, default GenericVmConfigFault
	ExtraConfig map[string]string `json:"extra_config,omitempty"`
	Text        string            `json:"text,omitempty"`        // of a question
	Choices     []string          `json:"choices,omitempty"`     // of a question
	Pattern     string            `json:"pattern,omitempty"`     // what rewrite_answer looks for, a regular expression
	Replacement string            `json:"replacement,omitempty"` // what it puts in its place
}

// Actions of fault rules.
const (
	delayAnswer   = "delay"          // the answer comes late
	dropBefore    = "drop_before"    // the connection ends, and the call has had no effect
	dropAfter     = "drop_after"     // the call takes full effect, then the connection ends without an answer
	expireSession = "expire_session" // the session ends before the call
	failTask      = "fail_task"      // the call has no effect, and its task ends in error
	changeVM      = "change_vm"      // another client changes the VM right before the call
	askQuestion   = "ask_question"   // the VM asks a question right before the call; its tasks wait for the answer
	rewriteAnswer = "rewrite_answer" // the answer has other text, in what it says of the VM if the rule names one
)

var faultActions = []string{delayAnswer, dropBefore, dropAfter, expireSession, failTask, changeVM, askQuestion, rewriteAnswer}

// check tells what is wrong with the rule.
func (r *faultRule) check() error {
	switch {
	case r.Method == "":
		return fmt.Errorf("a fault has no method")
	case !slices.Contains(faultActions, r.Action):
		return fmt.Errorf("action is one of %v, not %q", faultActions, r.Action)
	case r.Action == delayAnswer && r.DelayMS <= 0:
		return fmt.Errorf("a delay needs delay_ms")
	case r.Skip < 0 || r.Count != nil && *r.Count < 0:
		return fmt.Errorf("count and skip are not negative")
	case r.Action == askQuestion && (r.Text == "" || len(r.Choices) == 0):
		return fmt.Errorf("a question needs text and choices")
	case r.Action == rewriteAnswer && !isPattern(r.Pattern):
		return fmt.Errorf("a rewrite needs a pattern, a regular expression")
	case r.Fault != "" && r.Action != failTask:
		return fmt.Errorf("only %s has a fault", failTask)
	case r.Fault != "" && namedFault(r.Fault) == nil:
		return fmt.Errorf("%q is no fault of the API", r.Fault)
	}
	return nil
}

func isPattern(text string) bool {
	_, err := regexp.Compile(text)
	return text != "" && err == nil
}

// aboutVM are the actions whose VM need not be the one that the method is called on.
var aboutVM = []string{changeVM, askQuestion, rewriteAnswer}

// matches: a rule for a VM applies to a call that is on no VM only if its action is about the VM that it names.
func (r *faultRule) matches(method, vm string) bool {
	if r.Method != "*" && r.Method != method {
		return false
	}
	return r.VM == "" || r.VM == vm || vm == "" && slices.Contains(aboutVM, r.Action)
}

// namedFault makes a fault of the API by the name of its type, nil when there is none.
func namedFault(name string) types.BaseMethodFault {
	if name == "" {
		name = "GenericVmConfigFault"
	}
	kind, ok := types.TypeFunc()(name)
	if !ok {
		return nil
	}
	fault, _ := reflect.New(kind).Interface().(types.BaseMethodFault)
	return fault
}

// faultTable holds the rules that still apply.
type faultTable struct {
	mu    sync.Mutex
	rules []faultRule
}

// add appends rules, all or none.
func (t *faultTable) add(rules []faultRule) error {
	for i := range rules {
		if err := rules[i].check(); err != nil {
			return err
		}
		if rules[i].Count == nil {
			once := 1
			rules[i].Count = &once
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = append(t.rules, rules...)
	return nil
}

// remaining returns the rules that still apply, with the counts that are left.
func (t *faultTable) remaining() []faultRule {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := []faultRule{}
	for _, rule := range t.rules {
		count := *rule.Count
		rule.Count = &count
		left = append(left, rule)
	}
	return left
}

func (t *faultTable) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = nil
}

func (t *faultTable) empty() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.rules) == 0
}

// take returns the rules that apply to a call, and counts the call. vm is "" for a call that is on no VM.
func (t *faultTable) take(method, vm string) []faultRule {
	t.mu.Lock()
	defer t.mu.Unlock()
	var active, left []faultRule
	for _, rule := range t.rules {
		if rule.matches(method, vm) {
			switch {
			case rule.Skip > 0:
				rule.Skip--
			case *rule.Count == 1:
				active = append(active, rule)
				continue
			default:
				active = append(active, rule)
				if *rule.Count > 1 {
					fewer := *rule.Count - 1
					rule.Count = &fewer
				}
			}
		}
		left = append(left, rule)
	}
	t.rules = left
	return active
}

// find returns the first active rule with the action, nil if there is none.
func find(active []faultRule, action string) *faultRule {
	for i := range active {
		if active[i].Action == action {
			return &active[i]
		}
	}
	return nil
}

// lateness adds up the delays.
func totalDelay(active []faultRule) time.Duration {
	var sum time.Duration
	for _, rule := range active {
		if rule.Action == delayAnswer {
			sum += time.Duration(rule.DelayMS) * time.Millisecond
		}
	}
	return sum
}
