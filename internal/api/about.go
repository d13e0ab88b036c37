package api

import (
	"postern/internal/routing"

	"github.com/gin-gonic/gin"
)

type about struct{}

func describe(string, []*routing.Endpoint) about { return about{} }
func (a *API) openapi(c *gin.Context)            {}
func (a *API) docs(c *gin.Context)               {}
