package main

import (
	"fmt"
	"log"
	"slices"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// questions are those that VMs wait to have answered: runtime.question, which the simulator does not know.
type questions struct {
	mu      sync.Mutex
	counter int
	open    map[types.ManagedObjectReference]chan struct{} // closed by the answer
}

func newQuestions() *questions {
	return &questions{open: map[types.ManagedObjectReference]chan struct{}{}}
}

// wait returns when the VM has no question: as on an ESXi host, its tasks do not go on before.
func (q *questions) wait(vm types.ManagedObjectReference) {
	q.mu.Lock()
	answered := q.open[vm]
	q.mu.Unlock()
	if answered != nil {
		<-answered
	}
}

func (q *questions) ask(vm types.ManagedObjectReference) (id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.counter++
	if q.open[vm] == nil {
		q.open[vm] = make(chan struct{})
	}
	return fmt.Sprintf("lab-question-%d", q.counter)
}

func (q *questions) answer(vm types.ManagedObjectReference) {
	q.mu.Lock()
	defer q.mu.Unlock()
	close(q.open[vm])
	delete(q.open, vm)
}

// askQuestion makes the VM of the call, or the one that the rule names, ask the rule's question.
func (g *guard) askQuestion(vm *simulator.VirtualMachine, rule *faultRule) {
	if vm == nil {
		vm = g.vmByName(rule.VM)
	}
	if vm == nil {
		log.Printf("ask_question: there is no VM %q", rule.VM)
		return
	}
	question := &types.VirtualMachineQuestionInfo{Id: g.questions.ask(vm.Self), Text: rule.Text}
	for number, label := range rule.Choices {
		question.Choice.ChoiceInfo = append(question.Choice.ChoiceInfo, &types.ElementDescription{
			Description: types.Description{Label: label, Summary: label}, Key: fmt.Sprint(number),
		})
	}
	ctx := g.newContext()
	ctx.WithLock(vm, func() { vm.Runtime.Question = question })
	g.changes.count.Add(1)
}

// AnswerVM answers AnswerVM.
func (g *guard) AnswerVM(ctx *simulator.Context, req *types.AnswerVM) soap.HasFault {
	vm := g.vm(req.This)
	var fault types.BaseMethodFault
	ctx.WithLock(vm, func() {
		switch asked := vm.Runtime.Question; {
		case asked == nil || asked.Id != req.QuestionId:
			fault = &types.InvalidArgument{InvalidProperty: "questionId"}
		case !offers(asked, req.AnswerChoice):
			fault = &types.InvalidArgument{InvalidProperty: "answerChoice"}
		default:
			vm.Runtime.Question = nil
			g.questions.answer(vm.Self)
		}
	})
	if fault != nil {
		return &methods.AnswerVMBody{Fault_: simulator.Fault(faultText(fault), fault)}
	}
	g.changes.count.Add(1)
	return &methods.AnswerVMBody{Res: &types.AnswerVMResponse{}}
}

func offers(question *types.VirtualMachineQuestionInfo, key string) bool {
	return slices.ContainsFunc(question.Choice.ChoiceInfo, func(choice types.BaseElementDescription) bool {
		return choice.GetElementDescription().Key == key
	})
}
