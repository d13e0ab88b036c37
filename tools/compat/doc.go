// Package compat holds strangers as judges over Postern: the payloads that
// other projects collected of the real services, and the libraries that others
// wrote to verify and to sign. It is a module of its own, so that none of them
// becomes a dependency; it holds tests only, and nothing imports it.
package compat
