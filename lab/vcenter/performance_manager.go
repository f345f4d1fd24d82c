package main

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	// realtimeSeconds is the length of a host's realtime samples (PerfProviderSummary.refreshRate).
	realtimeSeconds = 20
	// realtimeKept is how many of them a host keeps: one hour.
	realtimeKept = 180
)

// performanceReport is what the hypervisor measured of a VM's vCPUs.
type performanceReport struct {
	UUID    string              `json:"uuid"`
	Samples []performanceSample `json:"samples"`
}

// performanceSample is one interval of realtimeSeconds. What is not measured is null.
type performanceSample struct {
	Time         float64  `json:"time"`          // when it ended, in seconds since 1970
	UsagePercent *float64 `json:"usage_percent"` // of all vCPUs together
	ReadyMS      *float64 `json:"ready_ms"`      // the sum over the vCPUs
	CostopMS     *float64 `json:"costop_ms"`     // the sum over the vCPUs
}

// PerfMetricIntSeries stands for govmomi's type of this name, whose encoding leaves zeros out of the values. An answer
// names a type as Go does.
type PerfMetricIntSeries struct {
	types.PerfMetricSeries
	Value []int64 `xml:"value"`
}

// counterValues gives a sample's value of each counter in the counter's unit, nil for one that was not measured.
var counterValues = map[string]func(performanceSample) *int64{
	"cpu.usage.average":    func(s performanceSample) *int64 { return scaled(s.UsagePercent, 100) },
	"cpu.ready.summation":  func(s performanceSample) *int64 { return scaled(s.ReadyMS, 1) },
	"cpu.costop.summation": func(s performanceSample) *int64 { return scaled(s.CostopMS, 1) },
}

func scaled(value *float64, factor float64) *int64 {
	if value == nil {
		return nil
	}
	rounded := int64(math.Round(*value * factor))
	return &rounded
}

// performance holds the last hour of the VMs' samples, in the order of time.
type performance struct {
	mu   sync.Mutex
	byVM map[types.ManagedObjectReference][]performanceSample
}

func newPerformance() *performance {
	return &performance{byVM: map[types.ManagedObjectReference][]performanceSample{}}
}

// add keeps samples; one of a time that is known replaces the older one.
func (p *performance) add(vm types.ManagedObjectReference, samples []performanceSample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept := p.byVM[vm]
	for _, sample := range samples {
		kept = slices.DeleteFunc(kept, func(known performanceSample) bool { return known.Time == sample.Time })
		kept = append(kept, sample)
	}
	slices.SortFunc(kept, func(a, b performanceSample) int { return a.moment().Compare(b.moment()) })
	p.byVM[vm] = kept[max(len(kept)-realtimeKept, 0):]
}

func (s performanceSample) moment() time.Time {
	return time.UnixMilli(int64(math.Round(s.Time * 1000))).UTC()
}

// between returns the last samples after start and until end, at most so many; 0 is all.
func (p *performance) between(vm types.ManagedObjectReference, start, end *time.Time, most int32) []performanceSample {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []performanceSample
	for _, sample := range p.byVM[vm] {
		moment := sample.moment()
		if (start == nil || moment.After(*start)) && (end == nil || !moment.After(*end)) {
			found = append(found, sample)
		}
	}
	if most > 0 {
		found = found[max(len(found)-int(most), 0):]
	}
	return found
}

// reportPerformance keeps what the hypervisor measured.
func (g *guard) reportPerformance(report performanceReport) error {
	vm := g.vmByUUID(report.UUID)
	if vm == nil {
		return fmt.Errorf("there is no VM with uuid %s", report.UUID)
	}
	g.performance.add(vm.Self, report.Samples)
	return nil
}

// counterNames names the counters by key, as "group.name.rollup".
func counterNames(counters []types.PerfCounterInfo) map[int32]string {
	names := map[int32]string{}
	for _, counter := range counters {
		group, name := counter.GroupInfo.GetElementDescription().Key, counter.NameInfo.GetElementDescription().Key
		names[counter.Key] = fmt.Sprintf("%s.%s.%s", group, name, counter.RollupType)
	}
	return names
}

// QueryPerf answers QueryPerf by what the hypervisor measured, never by the simulator's recorded series. An object
// without samples is left out of the answer, and a counter without a value out of the object's.
func (g *guard) QueryPerf(ctx *simulator.Context, req *types.QueryPerf) soap.HasFault {
	names := counterNames(g.registry.Get(req.This).(*simulator.PerformanceManager).PerfCounter)
	found := []types.BasePerfEntityMetricBase{}
	for _, spec := range req.QuerySpec {
		if refused := g.checkQuery(spec, names); refused != nil {
			return &methods.QueryPerfBody{Fault_: simulator.Fault(refused.message, refused.fault)}
		}
		samples := g.performance.between(spec.Entity, spec.StartTime, spec.EndTime, spec.MaxSample)
		if len(samples) > 0 {
			found = append(found, entityMetric(spec, samples, names))
		}
	}
	return &methods.QueryPerfBody{Res: &types.QueryPerfResponse{Returnval: found}}
}

// checkQuery refuses what a vCenter refuses (vSphere API reference, QueryPerf), and what the lab cannot answer.
func (g *guard) checkQuery(spec types.PerfQuerySpec, names map[int32]string) *refusal {
	if g.registry.Get(spec.Entity) == nil {
		return refuse(&types.ManagedObjectNotFound{Obj: spec.Entity})
	}
	if spec.IntervalId != realtimeSeconds {
		return refuse(&types.InvalidArgument{InvalidProperty: "querySpec.interval"})
	}
	for _, metric := range spec.MetricId {
		if names[metric.CounterId] == "" {
			return refuse(&types.InvalidArgument{InvalidProperty: "querySpec.metricId"})
		}
	}
	if spec.Format == string(types.PerfFormatCsv) {
		return refuse(&types.NotSupported{})
	}
	return nil
}

// entityMetric is the answer about one VM: the aggregate over its vCPUs, whatever instance is asked for.
func entityMetric(spec types.PerfQuerySpec, samples []performanceSample, names map[int32]string) *types.PerfEntityMetric {
	metric := &types.PerfEntityMetric{PerfEntityMetricBase: types.PerfEntityMetricBase{Entity: spec.Entity}}
	for _, sample := range samples {
		metric.SampleInfo = append(metric.SampleInfo, types.PerfSampleInfo{Timestamp: sample.moment(), Interval: realtimeSeconds})
	}
	for _, wanted := range spec.MetricId {
		value := counterValues[names[wanted.CounterId]]
		if value == nil {
			continue
		}
		series := &PerfMetricIntSeries{PerfMetricSeries: types.PerfMetricSeries{Id: types.PerfMetricId{CounterId: wanted.CounterId}}}
		measured := false
		for _, sample := range samples {
			one := int64(-1) // vCenter's value for a sample that is missing
			if known := value(sample); known != nil {
				one, measured = *known, true
			}
			series.Value = append(series.Value, one)
		}
		if measured {
			metric.Value = append(metric.Value, series)
		}
	}
	return metric
}
