// Package catalog lists the built-in sources, chats, verification schemes and
// plugins. The lists are written by a machine from the folders of pkg, so a new
// built-in is one new folder; nothing is decided or started here.
package catalog

//go:generate go run ./gen
