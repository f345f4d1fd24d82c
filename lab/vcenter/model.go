package main

import (
	"context"
	"fmt"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

// builder makes the described inventory through the simulator's own API.
type builder struct {
	ctx      context.Context
	client   *vim25.Client
	registry *simulator.Registry
	guard    *guard
	spec     *inventorySpec
	home     string // becomes the datastore's directory
	folders  *object.DatacenterFolders
	hosts    []*builtHost

	lastUplinkPort int // port keys are unique in a vCenter
}

// builtHost is a host beside its description.
type builtHost struct {
	*simulator.HostSystem
	spec *hostSpec
}

func (h *builtHost) ref(b *builder) *object.HostSystem { return object.NewHostSystem(b.client, h.Self) }

// newModel returns a vCenter without a datacenter. The caller removes it, which
// deletes the simulator's temporary files.
func newModel(apiVersion string) (*simulator.Model, error) {
	esx.HardwareVersion = defaultHardware(apiVersion)
	model := simulator.VPX()
	model.ServiceContent.About.ApiVersion = apiVersion // the simulator's own default is 6.5
	model.ServiceContent.About.Version = productVersion(apiVersion)
	model.Datacenter = 0 // fillModel makes everything under the description's names
	return model, model.Create()
}

// defaultHardware is the virtual hardware of a VM whose spec leaves it to the host.
func defaultHardware(apiVersion string) string {
	switch {
	case atLeast(apiVersion, "9.0"):
		return "vmx-22"
	case atLeast(apiVersion, "8.0.2"):
		return "vmx-21"
	case atLeast(apiVersion, "8.0"):
		return "vmx-20"
	case atLeast(apiVersion, "7.0.2"):
		return "vmx-19"
	}
	return "vmx-13"
}

// fillModel fills the model.
func fillModel(ctx context.Context, model *simulator.Model, g *guard, described *inventorySpec, home string) error {
	client, err := vim25.NewClient(ctx, model.Service)
	if err != nil {
		return err
	}
	b := &builder{ctx: ctx, client: client, registry: model.Map(), guard: g, spec: described, home: home}
	for _, step := range []func() error{
		b.addDatacenter, b.addClusters, b.addDatastore, b.addStandardNetworks, b.addDistributedSwitches, b.addVMs,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	for _, host := range b.hosts { // last: a lost host could not be given anything
		if host.spec.Disconnected {
			host.Runtime.ConnectionState = types.HostSystemConnectionStateNotResponding
		}
	}
	_, err = methods.Logout(ctx, client, &types.Logout{This: *client.ServiceContent.SessionManager})
	return err
}

func (b *builder) addDatacenter() error {
	datacenter, err := object.NewRootFolder(b.client).CreateDatacenter(b.ctx, b.spec.Datacenter)
	if err != nil {
		return err
	}
	b.folders, err = datacenter.Folders(b.ctx)
	return err
}

func (b *builder) addClusters() error {
	for _, described := range b.spec.Clusters {
		cluster, err := b.folders.HostFolder.CreateCluster(b.ctx, described.Name, types.ClusterConfigSpecEx{})
		if err != nil {
			return err
		}
		made := b.registry.Get(cluster.Reference()).(*simulator.ClusterComputeResource)
		applyClusterFeatures(made.ConfigurationEx.(*types.ClusterConfigInfoEx), &described)
		if err := b.addHosts(cluster, &described); err != nil {
			return err
		}
	}
	if len(b.hosts) == 0 {
		return fmt.Errorf("the description has no host")
	}
	return nil
}

// applyClusterFeatures: a cluster is made with DRS partially automated, and without HA.
func applyClusterFeatures(config *types.ClusterConfigInfoEx, described *clusterSpec) {
	drs := drsSpec{Enabled: true, Automation: string(types.DrsBehaviorPartiallyAutomated)}
	if described.DRS != nil {
		drs = *described.DRS
	}
	ha := haSpec{}
	if described.HA != nil {
		ha = *described.HA
	}
	config.DrsConfig.Enabled = types.NewBool(drs.Enabled)
	config.DrsConfig.DefaultVmBehavior = types.DrsBehavior(drs.Automation)
	config.DrsConfig.EnableVmBehaviorOverrides = types.NewBool(true)
	config.DasConfig.Enabled = types.NewBool(ha.Enabled)
	config.DasConfig.AdmissionControlEnabled = types.NewBool(ha.AdmissionControl)
}

func (b *builder) addHosts(cluster *object.ClusterComputeResource, described *clusterSpec) error {
	specs, err := described.hosts(b.spec.HostDefaults)
	if err != nil {
		return err
	}
	var made []*simulator.HostSystem
	for _, spec := range specs {
		task, err := cluster.AddHost(b.ctx, types.HostConnectSpec{HostName: spec.Name}, true, nil, nil)
		if err != nil {
			return err
		}
		info, err := task.WaitForResult(b.ctx, nil)
		if err != nil {
			return fmt.Errorf("host %s: %w", spec.Name, err)
		}
		host := b.registry.Get(info.Result.(types.ManagedObjectReference)).(*simulator.HostSystem)
		applyHost(host, &spec)
		newPowerSystem(b.registry, host)
		newDateTimeSystem(b.registry, host, spec.ClockSkewSeconds)
		made = append(made, host)
		b.hosts = append(b.hosts, &builtHost{HostSystem: host, spec: &spec})
	}
	parent := b.registry.Get(cluster.Reference()).(*simulator.ClusterComputeResource)
	sumHosts(parent.Summary.GetComputeResourceSummary(), made)
	parent.Summary.(*types.ClusterComputeResourceSummary).CurrentEVCModeKey = described.EVC
	return nil
}

func (b *builder) addDatastore() error {
	for _, host := range b.hosts {
		system, err := host.ref(b).ConfigManager().DatastoreSystem(b.ctx)
		if err != nil {
			return err
		}
		if _, err := system.CreateLocalDatastore(b.ctx, b.spec.Datastore, b.home); err != nil {
			return err
		}
	}
	return nil
}
