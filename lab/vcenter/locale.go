package main

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/vim25/soap"
)

const english = "en"

// localizedLabels are the beginnings of device labels by locale, as a vCenter translates them.
var localizedLabels = map[string]*strings.Replacer{
	"de": strings.NewReplacer(
		"<label>Network adapter ", "<label>Netzwerkadapter ",
		"<label>Hard disk ", "<label>Festplatte ",
		"<label>CD/DVD drive ", "<label>CD/DVD-Laufwerk ",
	),
}

// localizeLabels answers device labels in the locale of the request's session, as a vCenter does.
func localizeLabels(g *guard, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if labels := localizedLabels[g.localeOf(r)]; labels != nil {
			w = &labelTranslator{w, labels}
		}
		next.ServeHTTP(w, r)
	})
}

var localePrefix = regexp.MustCompile(`^[a-z]+`)

// localeOf returns the language of the request's session, "" where no session can have another than English.
func (g *guard) localeOf(r *http.Request) string {
	cookie, err := r.Cookie(soap.SessionCookieName)
	if err != nil || g.locale == "" {
		return ""
	}
	for _, open := range g.sessions() {
		if open.Key == cookie.Value {
			return localePrefix.FindString(open.Locale)
		}
	}
	return ""
}

// labelTranslator relies on the simulator writing an answer in one piece.
type labelTranslator struct {
	http.ResponseWriter
	labels *strings.Replacer
}

// Write writes the translated answer and reports the original length.
func (t *labelTranslator) Write(answer []byte) (int, error) {
	_, err := t.labels.WriteString(t.ResponseWriter, string(answer))
	return len(answer), err
}

// Unwrap lets http.ResponseController reach the connection.
func (t *labelTranslator) Unwrap() http.ResponseWriter { return t.ResponseWriter }
