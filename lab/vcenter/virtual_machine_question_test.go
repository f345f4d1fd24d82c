package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

func TestTasksWaitForTheAnswer(t *testing.T) {
	asked := newQuestions()
	asked.wait(vm1) // no question: at once
	asked.ask(vm1)
	done := make(chan struct{})
	go func() { asked.wait(vm1); close(done) }()
	asked.wait(vm2)
	select {
	case <-done:
		t.Fatal("a task did not wait")
	case <-time.After(20 * time.Millisecond):
	}
	asked.answer(vm1)
	<-done
}

func TestAnAnswerIsOneOfTheChoices(t *testing.T) {
	choice := types.ChoiceOption{ChoiceInfo: []types.BaseElementDescription{&types.ElementDescription{Key: "0"}}}
	question := &types.VirtualMachineQuestionInfo{Choice: choice}
	if !offers(question, "0") || offers(question, "1") {
		t.Error("the choices are not what is offered")
	}
}

func TestWhatAFaultNeeds(t *testing.T) {
	for _, rule := range []faultRule{
		{Method: "*", Action: askQuestion, Text: "Moved or copied?"},
		{Method: "*", Action: askQuestion, Choices: []string{"moved"}},
		{Method: "*", Action: rewriteAnswer},
		{Method: "*", Action: rewriteAnswer, Pattern: "("},
	} {
		if rule.check() == nil {
			t.Errorf("%+v", rule)
		}
	}
}
