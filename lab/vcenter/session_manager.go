package main

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	_ "github.com/vmware/govmomi/vapi/simulator" // registers the REST endpoint
	"github.com/vmware/govmomi/vim25/types"
)

// passwordlessLogins are the methods by which the simulator lets anybody in.
var passwordlessLogins = map[string]bool{
	"LoginByToken":                true,
	"LoginExtensionByCertificate": true,
}

// methodsBeforeLogin are the methods that a real vCenter answers before login.
var methodsBeforeLogin = map[string]bool{
	"RetrieveServiceContent":  true,
	"RetrieveInternalContent": true,
	"Login":                   true,
	"CloneSession":            true,
}

// checkLogin refuses logins without a password and reads before login, which the simulator allows.
func checkLogin(ctx *simulator.Context, method *simulator.Method) types.BaseMethodFault {
	if passwordlessLogins[method.Name] {
		return &types.InvalidLogin{}
	}
	if ctx.Session == nil && !methodsBeforeLogin[method.Name] {
		return &types.NotAuthenticated{
			NoPermission: types.NoPermission{Object: &method.This, PrivilegeId: "System.View"},
		}
	}
	return nil
}

// checkAccess refuses a user who has no permission on anything (vSphere API reference, Login).
func (g *guard) checkAccess(login *types.Login) types.BaseMethodFault {
	if g.users.none() || !g.users.validLogin(login) || len(g.permissions.of(login.UserName)) > 0 {
		return nil
	}
	return g.noPermission([]need{{vpx.ServiceContent.RootFolder, systemView}})
}

// sessions returns the open sessions.
func (g *guard) sessions() []types.UserSession {
	view := &simulator.Session{Registry: simulator.NewRegistry(), Map: g.registry} // the simulator lists them to a session only
	return view.Get(g.registry.SessionManager().Self).(*simulator.SessionManager).SessionList
}

// restrictREST counts REST requests, refuses the simulator's two ways to a REST session without a password (JSON-RPC and
// signed tokens), and refuses the writes of users who are no administrators.
func restrictREST(calls *callCounter, g *guard, next http.Handler) http.Handler {
	readers := &restReaders{sessions: map[string]bool{}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/rest") && !strings.HasPrefix(r.URL.Path, "/api") {
			next.ServeHTTP(w, r)
			return
		}
		calls.add(r.Method + " " + r.URL.Path)
		name, _, _ := r.BasicAuth()
		jsonRPC := r.URL.Path == "/api" && r.Method == http.MethodPost
		switch {
		case jsonRPC || strings.HasPrefix(r.Header.Get("Authorization"), "SIGN "):
			w.WriteHeader(http.StatusUnauthorized)
		case name != "" && r.Method == http.MethodPost && !g.account(name).unrestricted():
			readers.logIn(w, r, next)
		case readers.writes(r):
			w.WriteHeader(http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// restSessionHeader carries the REST session, as header or as cookie.
const restSessionHeader = "vmware-api-session-id"

// restReaders are the REST sessions of users who are no administrators.
type restReaders struct {
	mu       sync.Mutex
	sessions map[string]bool
}

var sessionKey = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func (s *restReaders) logIn(w http.ResponseWriter, r *http.Request, next http.Handler) {
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	if key := sessionKey.FindString(answer.Body.String()); key != "" {
		s.mu.Lock()
		s.sessions[key] = true
		s.mu.Unlock()
	}
	copyResponse(w, answer)
}

// writes tells whether a reader's request may change something; reads by POST are named "list" or "get".
func (s *restReaders) writes(r *http.Request) bool {
	key := r.Header.Get(restSessionHeader)
	if cookie, err := r.Cookie(restSessionHeader); key == "" && err == nil {
		key = cookie.Value
	}
	s.mu.Lock()
	reader := s.sessions[key]
	s.mu.Unlock()
	action := strings.TrimPrefix(r.URL.Query().Get("~action")+r.URL.Query().Get("action"), "batch-")
	reads := r.Method == http.MethodGet || strings.HasPrefix(action, "list") || strings.HasPrefix(action, "get") ||
		strings.HasSuffix(r.URL.Path, "/session")
	return reader && !reads
}
