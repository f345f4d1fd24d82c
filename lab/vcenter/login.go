package main

import (
	"net/http"
	"strings"

	"github.com/vmware/govmomi/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator" // registers the REST endpoint
	"github.com/vmware/govmomi/vim25/types"
)

// passwordLess are the logins that the simulator grants without a password.
var passwordLess = map[string]bool{
	"LoginByToken":                true,
	"LoginExtensionByCertificate": true,
}

// anonymous are the methods that a real vCenter answers before login.
var anonymous = map[string]bool{
	"RetrieveServiceContent":  true,
	"RetrieveInternalContent": true,
	"Login":                   true,
	"CloneSession":            true,
}

// checkLogin refuses what the simulator leaves open to anybody: logins without a
// password, and reads before login.
func checkLogin(ctx *simulator.Context, method *simulator.Method) types.BaseMethodFault {
	if passwordLess[method.Name] {
		return &types.InvalidLogin{}
	}
	if ctx.Session == nil && !anonymous[method.Name] {
		return &types.NotAuthenticated{
			NoPermission: types.NoPermission{Object: &method.This, PrivilegeId: "System.View"},
		}
	}
	return nil
}

// restrictREST counts REST requests and closes the two ways to a REST session
// without the password that the simulator has: JSON-RPC and signed tokens.
func restrictREST(calls *callCounter, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/rest") || strings.HasPrefix(r.URL.Path, "/api") {
			calls.add(r.Method + " " + r.URL.Path)
			jsonRPC := r.URL.Path == "/api" && r.Method == http.MethodPost
			if jsonRPC || strings.HasPrefix(r.Header.Get("Authorization"), "SIGN ") {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
