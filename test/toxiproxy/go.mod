module winsock/test/toxiproxy

go 1.26.0

replace winsock => ../../

require (
	github.com/Shopify/toxiproxy/v2 v2.5.0
	winsock v0.0.0
)
