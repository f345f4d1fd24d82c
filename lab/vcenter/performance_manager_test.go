package main

import (
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

func number(value float64) *float64 { return &value }

// samplesOf returns so many samples, the first of which ends 20 s after the beginning of 1970.
func samplesOf(count int) []performanceSample {
	var all []performanceSample
	for i := range count {
		all = append(all, performanceSample{Time: float64(realtimeSeconds * (i + 1)), UsagePercent: number(55.25), ReadyMS: number(120)})
	}
	return all
}

// keyOf finds a counter of the simulator by its name.
func keyOf(t *testing.T, name string) int32 {
	t.Helper()
	for key, known := range counterNames(vpx.PerfCounter) {
		if known == name {
			return key
		}
	}
	t.Fatalf("the simulator has no counter %s", name)
	return 0
}

func TestAnHourOfSamplesIsKept(t *testing.T) {
	kept := newPerformance()
	kept.add(vm1, samplesOf(realtimeKept+5))
	found := kept.between(vm1, nil, nil, 0)
	if len(found) != realtimeKept || found[0].Time != 6*realtimeSeconds {
		t.Errorf("%d samples from %v on", len(found), found[0].Time)
	}
	if len(kept.between(vm2, nil, nil, 0)) != 0 {
		t.Error("another VM has samples")
	}
}

func TestSamplesAreFoundByTimeAndCount(t *testing.T) {
	kept := newPerformance()
	kept.add(vm1, samplesOf(10))
	kept.add(vm1, samplesOf(2)) // handed over again
	start, end := time.Unix(40, 0), time.Unix(120, 0)
	for _, test := range []struct {
		start, end  *time.Time
		most        int32
		first, last float64
	}{{nil, nil, 0, 20, 200}, {&start, nil, 0, 60, 200}, {&start, &end, 0, 60, 120}, {nil, nil, 3, 160, 200}, {nil, &end, 2, 100, 120}} {
		found := kept.between(vm1, test.start, test.end, test.most)
		if len(found) == 0 || found[0].Time != test.first || found[len(found)-1].Time != test.last {
			t.Errorf("%+v: %+v", test, found)
		}
	}
}

func TestZerosAreEncoded(t *testing.T) {
	spec := types.PerfQuerySpec{MetricId: []types.PerfMetricId{{CounterId: keyOf(t, "cpu.ready.summation")}}}
	samples := []performanceSample{{Time: 20, ReadyMS: number(0)}, {Time: 40, ReadyMS: number(7)}}
	text, err := xml.Marshal(entityMetric(spec, samples, counterNames(vpx.PerfCounter)))
	if err != nil || !strings.Contains(string(text), "<value>0</value><value>7</value>") || !strings.Contains(string(text), `type="PerfMetricIntSeries"`) {
		t.Errorf("%s %v", text, err)
	}
	if text, _ := xml.Marshal(types.PerfMetricIntSeries{Value: []int64{0}}); strings.Contains(string(text), "<value>0</value>") {
		t.Error("govmomi encodes zeros now: use its type")
	}
}

func TestValuesAreInTheCountersUnitsAndWhatIsMissingIsLeftOut(t *testing.T) {
	usage, ready, costop := keyOf(t, "cpu.usage.average"), keyOf(t, "cpu.ready.summation"), keyOf(t, "cpu.costop.summation")
	other := keyOf(t, "mem.usage.average")
	spec := types.PerfQuerySpec{Entity: vm1, IntervalId: realtimeSeconds}
	for _, key := range []int32{usage, ready, costop, other} {
		spec.MetricId = append(spec.MetricId, types.PerfMetricId{CounterId: key, Instance: "*"})
	}
	samples := samplesOf(2)
	samples[1].ReadyMS = nil
	metric := entityMetric(spec, samples, counterNames(vpx.PerfCounter))
	values := map[int32][]int64{}
	for _, series := range metric.Value {
		one := series.(*PerfMetricIntSeries)
		values[one.Id.CounterId] = one.Value
	}
	if len(values) != 2 || values[usage][0] != 5525 || values[ready][0] != 120 || values[ready][1] != -1 {
		t.Errorf("%v", values)
	}
	if len(metric.SampleInfo) != 2 || metric.SampleInfo[1].Timestamp.Unix() != 40 || metric.SampleInfo[1].Interval != realtimeSeconds {
		t.Errorf("%+v", metric.SampleInfo)
	}
}
