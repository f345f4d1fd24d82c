// Fleetreader reads properties of all VMs of a vCenter with govmomi, in pages, and prints how many VMs there are. It is
// what benchmarks measure the collection's reads against: the same properties, in the same pages, by a compiled client.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"

	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// passwordVariable is the environment variable that holds the password, which no process list shows.
const passwordVariable = "FLEETREADER_PASSWORD"

func main() {
	endpoint := flag.String("url", "", "the SOAP endpoint")
	authority := flag.String("ca", "", "PEM file of the authority that signed its certificate")
	username := flag.String("username", "", "the user; the password is in "+passwordVariable)
	page := flag.Int("page", 250, "VMs in one answer")
	flag.Parse()
	user := url.UserPassword(*username, os.Getenv(passwordVariable))
	count, err := read(context.Background(), *endpoint, *authority, user, int32(*page), flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleetreader:", err)
		os.Exit(1)
	}
	fmt.Println(count)
}

// read logs in, reads the properties of every VM, logs out, and returns the number of VMs.
func read(
	ctx context.Context, endpoint, authority string, user *url.Userinfo, page int32, paths []string,
) (count int, err error) {
	address, err := soap.ParseURL(endpoint)
	if err != nil {
		return 0, err
	}
	transport := soap.NewClient(address, false)
	if err := transport.SetRootCAs(authority); err != nil {
		return 0, err
	}
	client, err := vim25.NewClient(ctx, transport)
	if err != nil {
		return 0, err
	}
	manager := session.NewManager(client)
	if err := manager.Login(ctx, user); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, manager.Logout(ctx)) }()
	machines, err := view.NewManager(client).CreateContainerView(
		ctx, client.ServiceContent.RootFolder, []string{"VirtualMachine"}, true)
	if err != nil {
		return 0, err
	}
	collector := client.ServiceContent.PropertyCollector
	first, err := methods.RetrievePropertiesEx(ctx, client, &types.RetrievePropertiesEx{
		This:    collector,
		SpecSet: []types.PropertyFilterSpec{spec(machines.Reference(), paths)},
		Options: types.RetrieveOptions{MaxObjects: page},
	})
	if err != nil {
		return 0, err
	}
	for answer := first.Returnval; answer != nil; {
		count += len(answer.Objects)
		if answer.Token == "" {
			break
		}
		next, err := methods.ContinueRetrievePropertiesEx(ctx, client, &types.ContinueRetrievePropertiesEx{
			This: collector, Token: answer.Token,
		})
		if err != nil {
			return 0, err
		}
		answer = &next.Returnval
	}
	return count, nil
}

// spec asks for the properties of every VM in a view.
func spec(machines types.ManagedObjectReference, paths []string) types.PropertyFilterSpec {
	skip := true
	return types.PropertyFilterSpec{
		ObjectSet: []types.ObjectSpec{{
			Obj:       machines,
			Skip:      &skip,
			SelectSet: []types.BaseSelectionSpec{&types.TraversalSpec{Type: "ContainerView", Path: "view"}},
		}},
		PropSet: []types.PropertySpec{{Type: "VirtualMachine", PathSet: paths}},
	}
}
