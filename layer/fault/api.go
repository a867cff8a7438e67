// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"winsock/internal/listen"
)

// A server answers requests about places, in the way of toxiproxy. All places
// of the process that name one address share it.
type server struct {
	address string
	http    *listen.Server

	mu     sync.Mutex // protects what follows
	places map[string]*place
	uses   map[string]int
}

var servers struct {
	mu        sync.Mutex // protects byAddress, and who comes and goes
	byAddress map[string]*server
}

// version is that of toxiproxy whose API this is.
const version = "2.9.0"

// serve adds a place to the server of an address, which is started if need
// be.
func serve(address string, p *place, log *slog.Logger) (*server, error) {
	servers.mu.Lock()
	defer servers.mu.Unlock()
	s := servers.byAddress[address]
	if s == nil {
		var err error
		if s, err = startServer(address, log); err != nil {
			return nil, err
		}
		if servers.byAddress == nil {
			servers.byAddress = make(map[string]*server)
		}
		servers.byAddress[address] = s
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.places[p.name] = p
	s.uses[p.name]++
	return s, nil
}

func startServer(address string, log *slog.Logger) (*server, error) {
	s := &server{address: address, places: make(map[string]*place), uses: make(map[string]int)}
	var err error
	if s.http, err = listen.Serve(address, s.handler(), slog.NewLogLogger(log.Handler(), slog.LevelDebug)); err != nil {
		return nil, err
	}
	log.Info("the API of faults listens", "address", s.http.Address())
	return s, nil
}

// leave takes a place off; the last one ends the server.
func (s *server) leave(p *place) {
	if s == nil {
		return
	}
	servers.mu.Lock()
	defer servers.mu.Unlock()
	s.mu.Lock()
	if s.uses[p.name]--; s.uses[p.name] == 0 {
		delete(s.places, p.name)
		delete(s.uses, p.name)
	}
	last := len(s.places) == 0
	s.mu.Unlock()
	if last {
		delete(servers.byAddress, s.address)
		_ = s.http.Close() // it is gone whatever that says
	}
}

// maxBody bounds requests.
const maxBody = 1 << 20

// A call answers one request: with a value, or an error.
type call func(r *http.Request, body []byte) (status int, answer any, err error)

func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f call) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			// Pages in a browser are not to steer a program.
			if strings.HasPrefix(r.UserAgent(), "Mozilla/") || r.Header.Get("Origin") != "" {
				answer(w, http.StatusForbidden, &apiError{"browsers are not served", http.StatusForbidden})
				return
			}
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err != nil {
				answer(w, 400, errBadBody)
				return
			}
			status, value, err := f(r, body)
			if e, ok := err.(*apiError); ok {
				status, value = e.Status, e
			} else if err != nil {
				status, value = 500, &apiError{err.Error(), 500}
			}
			answer(w, status, value)
		})
	}
	handle("GET /version", func(*http.Request, []byte) (int, any, error) {
		return 200, map[string]string{"version": version}, nil
	})
	handle("GET /proxies", s.list)
	handle("POST /proxies", s.create)
	handle("POST /populate", s.populate)
	handle("POST /reset", s.reset)
	handle("GET /proxies/{proxy}", s.onPlace(func(p *place, _ *http.Request, _ []byte) (int, any, error) {
		return 200, p.describe(), nil
	}))
	update := s.onPlace(func(p *place, _ *http.Request, body []byte) (int, any, error) {
		if err := p.update(body); err != nil {
			return 0, nil, err
		}
		return 200, p.describe(), nil
	})
	handle("POST /proxies/{proxy}", update)
	handle("PATCH /proxies/{proxy}", update)
	handle("DELETE /proxies/{proxy}", s.onPlace(func(*place, *http.Request, []byte) (int, any, error) { return 0, nil, errFixed }))
	handle("GET /proxies/{proxy}/toxics", s.onPlace(func(p *place, _ *http.Request, _ []byte) (int, any, error) {
		return 200, p.list(), nil
	}))
	handle("POST /proxies/{proxy}/toxics", s.onPlace(addToxic))
	handle("GET /proxies/{proxy}/toxics/{toxic}", s.onPlace(func(p *place, r *http.Request, _ []byte) (int, any, error) {
		for _, t := range p.toxics() {
			if t.Name == r.PathValue("toxic") {
				return 200, t, nil
			}
		}
		return 0, nil, errNoToxic
	}))
	handle("POST /proxies/{proxy}/toxics/{toxic}", s.onPlace(updateToxic))
	handle("PATCH /proxies/{proxy}/toxics/{toxic}", s.onPlace(updateToxic))
	handle("DELETE /proxies/{proxy}/toxics/{toxic}", s.onPlace(removeToxic))
	return mux
}

func answer(w http.ResponseWriter, status int, value any) {
	if value == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // who has gone is not answered
}

// onPlace finds the place that a request names.
func (s *server) onPlace(f func(p *place, r *http.Request, body []byte) (int, any, error)) call {
	return func(r *http.Request, body []byte) (int, any, error) {
		s.mu.Lock()
		p := s.places[r.PathValue("proxy")]
		s.mu.Unlock()
		if p == nil {
			return 0, nil, errNoProxy
		}
		return f(p, r, body)
	}
}

func (s *server) all() []*place {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*place
	for _, p := range s.places {
		all = append(all, p)
	}
	return all
}

// A description is a place as the API has it.
type description struct {
	Name     string   `json:"name"`
	Listen   string   `json:"listen"`
	Upstream string   `json:"upstream"`
	Enabled  bool     `json:"enabled"`
	Toxics   []*toxic `json:"toxics"`
}

func (p *place) list() []*toxic { return append([]*toxic{}, p.toxics()...) }

func (p *place) describe() description {
	return description{p.name, p.listen, p.upstream, p.state.Load().enabled, p.list()}
}

func (s *server) list(*http.Request, []byte) (int, any, error) {
	all := make(map[string]description)
	for _, p := range s.all() {
		all[p.name] = p.describe()
	}
	return 200, all, nil
}

// A proxyBody is a proxy in a request.
type proxyBody struct {
	Name    string `json:"name"`
	Enabled *bool  `json:"enabled"`
}

// create answers that a proxy is there, or cannot be made.
func (s *server) create(_ *http.Request, body []byte) (int, any, error) {
	var b proxyBody
	if json.Unmarshal(body, &b) != nil {
		return 0, nil, errBadBody
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.places[b.Name] != nil {
		return 0, nil, errProxyExists
	}
	return 0, nil, errFixed
}

// populate finds the proxies that are named.
func (s *server) populate(_ *http.Request, body []byte) (int, any, error) {
	var list []proxyBody
	if json.Unmarshal(body, &list) != nil {
		return 0, nil, errBadBody
	}
	var found []*place
	for _, b := range list {
		s.mu.Lock()
		p := s.places[b.Name]
		s.mu.Unlock()
		if p == nil {
			return 0, nil, errFixed
		}
		found = append(found, p)
	}
	descriptions := []description{}
	for i, p := range found {
		p.enable(list[i].Enabled == nil || *list[i].Enabled)
		descriptions = append(descriptions, p.describe())
	}
	return 201, map[string]any{"proxies": descriptions}, nil
}

// reset takes all toxics away and enables all places.
func (s *server) reset(*http.Request, []byte) (int, any, error) {
	for _, p := range s.all() {
		p.enable(true)
		_ = p.change(func([]*toxic) ([]*toxic, error) { return nil, nil })
	}
	return 204, nil, nil
}

func (p *place) update(text []byte) error {
	var b proxyBody
	if json.Unmarshal(text, &b) != nil {
		return errBadBody
	}
	if b.Enabled != nil {
		p.enable(*b.Enabled)
	}
	return nil
}

func addToxic(p *place, _ *http.Request, body []byte) (int, any, error) {
	t, err := parseBody(body, nil)
	if err != nil {
		return 0, nil, err
	}
	err = p.change(func(toxics []*toxic) ([]*toxic, error) {
		if indexOf(toxics, t.Name) >= 0 {
			return nil, errExists
		}
		return append(toxics, t), nil
	})
	return 200, t, err
}

func updateToxic(p *place, r *http.Request, body []byte) (int, any, error) {
	var t *toxic
	err := p.change(func(toxics []*toxic) ([]*toxic, error) {
		i := indexOf(toxics, r.PathValue("toxic"))
		if i < 0 {
			return nil, errNoToxic
		}
		var err error
		if t, err = parseBody(body, toxics[i]); err == nil {
			toxics[i] = t
		}
		return toxics, err
	})
	return 200, t, err
}

func removeToxic(p *place, r *http.Request, _ []byte) (int, any, error) {
	return 204, nil, p.change(func(toxics []*toxic) ([]*toxic, error) {
		i := indexOf(toxics, r.PathValue("toxic"))
		if i < 0 {
			return nil, errNoToxic
		}
		return slices.Delete(toxics, i, i+1), nil
	})
}

func indexOf(toxics []*toxic, name string) int {
	return slices.IndexFunc(toxics, func(t *toxic) bool { return t.Name == name })
}
